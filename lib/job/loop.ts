import type { Clock, Timer } from "../base/clock.ts";
import { encodeJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { JobDefinition } from "./definition.ts";
import { isDirective } from "./directive.ts";
import { type Asked, type Ending, runError } from "./ending.ts";
import type { ClaimedJob } from "./job.ts";
import { Middlewares } from "./middleware.ts";
import { type ContextTools, parsedArgs, RunContext } from "./run-context.ts";
import { checked } from "./schema.ts";

/** One run in the loop, from its handler's entry until its promise settles. */
export interface LoopRun {
  readonly job: ClaimedJob;
  readonly definition: JobDefinition;
  readonly context: RunContext;
  readonly startedAt: number;
  readonly startedMs: number;
  /** It did not end when asked to: its job was settled without it, and it keeps its slot. */
  abandoned: boolean;
  timeout: Timer | undefined;
  grace: Timer | undefined;
}

/** Calls what does a run's work; `args` as the job's schema gives them. */
export type EnterRun = (definition: JobDefinition, args: unknown, context: RunContext) => unknown;

export interface LoopEvents {
  /** The run ended. Called for abandoned ones too, whose slot is free now. */
  ended(run: LoopRun, ending: Ending): void;
  /** The run was asked to end and its grace is over: its job must be settled without it. */
  overdue(run: LoopRun): void;
}

/**
 * Runs handlers in the host's event loop, or what `handler` enters for them. It outlives a crash of
 * whoever uses it: what runs can't be stopped, and keeps its slot in the limit.
 */
export class Loop {
  readonly #clock: Clock;
  readonly #tools: ContextTools;
  readonly #middlewares: Middlewares;
  readonly #handler: EnterRun | undefined;
  /** By row number; a job may run again while an abandoned run of it lingers. */
  readonly #runs = new Map<number, LoopRun>();
  readonly #lingering = new Set<LoopRun>();
  #events: LoopEvents = { ended: () => undefined, overdue: () => undefined };

  /** `handler`: default the definition's own. */
  constructor(
    clock: Clock,
    tools: ContextTools,
    middlewares = new Middlewares(),
    handler?: EnterRun,
  ) {
    this.#handler = handler;
    this.#clock = clock;
    this.#tools = tools;
    this.#middlewares = middlewares;
  }

  /** Slots in use, those of abandoned runs included. */
  get active(): number {
    return this.#runs.size + this.#lingering.size;
  }

  get lingering(): number {
    return this.#lingering.size;
  }

  listen(events: LoopEvents): void {
    this.#events = events;
  }

  get(seq: number, fence: number): LoopRun | undefined {
    const run = this.#runs.get(seq);
    return run?.job.fence === fence ? run : undefined;
  }

  runs(): LoopRun[] {
    return [...this.#runs.values()];
  }

  /** Enters the handler now, or the middlewares around it. */
  start(job: ClaimedJob, definition: JobDefinition): LoopRun {
    const run: LoopRun = {
      job,
      definition,
      context: new RunContext(job, this.#tools),
      startedAt: this.#clock.now(),
      startedMs: this.#clock.monotonic(),
      abandoned: false,
      timeout: undefined,
      grace: undefined,
    };
    // Somebody gave the job back while it ran here: that run keeps its slot, and is nobody's.
    const before = this.#runs.get(job.seq);
    if (before !== undefined) this.abandon(before);
    this.#runs.set(job.seq, run);
    const timeoutMs = job.timeoutMs ?? definition.timeoutMs;
    if (timeoutMs !== undefined) {
      const reason = `the run took longer than ${timeoutMs} ms`;
      run.timeout = this.#clock.after(timeoutMs, () => this.ask(run, "timeout", reason));
    }
    this.#call(run);
    return run;
  }

  /** Aborts the run's signal, and abandons it when it did not end within its job's grace. */
  ask(run: LoopRun, asked: Exclude<Asked, undefined>, reason: string): void {
    if (!run.context.ask(asked, reason) || run.abandoned) return;
    run.grace = this.#clock.after(run.definition.graceMs, () => this.#events.overdue(run));
  }

  /** Its job is settled without it; whatever it returns later is dropped. */
  abandon(run: LoopRun): void {
    if (run.abandoned) return;
    run.abandoned = true;
    this.#runs.delete(run.job.seq);
    this.#lingering.add(run);
    run.timeout?.cancel();
    run.grace?.cancel();
  }

  #call(run: LoopRun): void {
    if (this.#middlewares.size > 0) return this.#callInside(run);
    try {
      const returned = this.#enter(run, parsedArgs(run.job.args));
      if (isThenable(returned)) this.#await(run, returned);
      else this.#end(run, returnedEnding(returned));
    } catch (error) {
      this.#end(run, thrownEnding(error));
    }
  }

  #callInside(run: LoopRun): void {
    const { context } = run;
    this.#await(
      run,
      this.#middlewares.run(context, () => this.#enter(run, context.args)),
    );
  }

  #await(run: LoopRun, returned: PromiseLike<unknown>): void {
    returned.then(
      (result) => this.#end(run, returnedEnding(result)),
      (error) => this.#end(run, thrownEnding(error)),
    );
  }

  #enter({ definition, context }: LoopRun, args: unknown): unknown {
    if (definition.schema === undefined) return this.#handle(definition, args, context);
    const value = checked(definition.schema, args);
    if (isThenable(value)) return value.then((output) => this.#handle(definition, output, context));
    return this.#handle(definition, value, context);
  }

  #handle(definition: JobDefinition, args: unknown, context: RunContext): unknown {
    if (this.#handler !== undefined) return this.#handler(definition, args, context);
    return definition.run?.(args, context);
  }

  #end(run: LoopRun, ending: Ending): void {
    run.timeout?.cancel();
    run.grace?.cancel();
    if (run.abandoned) this.#lingering.delete(run);
    else this.#runs.delete(run.job.seq);
    this.#events.ended(run, ending);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}

/** How a handler's return, or that of what is around it, ends the run. */
export function returnedEnding(result: unknown): Ending {
  if (result === undefined) return { type: "returned", result: undefined };
  if (isDirective(result)) return { type: "directed", directive: result };
  try {
    return { type: "returned", result: encodeJson(result, "result", limits.payloadBytes, true) };
  } catch (error) {
    return thrownEnding(error);
  }
}

export function thrownEnding(thrown: unknown): Ending {
  if (isDirective(thrown)) return { type: "directed", directive: thrown };
  return { type: "threw", error: runError(thrown), thrown };
}
