import { ErgateError, messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { HandlerEnqueue, JobContext, JobLog } from "./context.ts";
import { discard } from "./directive.ts";
import type { Asked } from "./ending.ts";
import type { ClaimedJob, JobMeta } from "./job.ts";
import type { Lease, LockOptions } from "./lock.ts";
import { metaOf } from "./meta.ts";
import type { MiddlewareJob } from "./middleware.ts";
import type { PlannedRun } from "./run.ts";

/** What a loop run's context needs of whoever runs it. */
export interface ContextTools {
  readonly stopping: AbortSignal;
  readonly base: unknown;
  log(job: ClaimedJob): JobLog;
  note(run: RunContext, progress: number | undefined, checkIn: string | undefined): void;
  lock(run: RunContext, name: string, options: LockOptions | undefined): Promise<Lease>;
  enqueue(run: RunContext, ...call: Parameters<HandlerEnqueue>): ReturnType<HandlerEnqueue>;
}

/**
 * The context of a run in the loop. Whatever costs something (a log, an AbortController, a bound
 * function) is made when the handler first asks for it: most handlers never do.
 */
export class RunContext implements JobContext, MiddlewareJob {
  readonly job: ClaimedJob;
  readonly #tools: ContextTools;
  #log: JobLog | undefined;
  #controller: AbortController | undefined;
  #enqueue: HandlerEnqueue | undefined;
  /** What only runs with a middleware mostly have. */
  #kept: { parsed: boolean; args: unknown; values: Map<string, unknown> } | undefined;
  asked: Asked;
  reason = "";

  constructor(job: ClaimedJob, tools: ContextTools) {
    this.job = job;
    this.#tools = tools;
  }

  get id(): string {
    return this.job.id;
  }
  get name(): string {
    return this.job.name;
  }
  get queue(): string {
    return this.job.queue;
  }
  get attempt(): number {
    return this.job.attempt;
  }
  get fence(): number {
    return this.job.fence;
  }
  get schedule(): PlannedRun | undefined {
    return this.job.schedule;
  }
  get tags(): readonly string[] {
    return this.job.tags ?? none;
  }
  get meta(): JobMeta {
    return metaOf(this.job.meta);
  }
  get stopping(): AbortSignal {
    return this.#tools.stopping;
  }
  get base(): unknown {
    return this.#tools.base;
  }

  get log(): JobLog {
    this.#log ??= this.#tools.log(this.job);
    return this.#log;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.asked !== undefined) this.#controller.abort(askedError(this.asked, this.reason));
    }
    return this.#controller.signal;
  }

  get enqueue(): HandlerEnqueue {
    this.#enqueue ??= ((...call: Parameters<HandlerEnqueue>) =>
      this.#tools.enqueue(this, ...call)) as HandlerEnqueue;
    return this.#enqueue;
  }

  /** Parsed once. Throws a directive for a payload that can't be read: no retry would mend it. */
  get args(): unknown {
    const kept = this.#keep();
    if (!kept.parsed) kept.args = parsedArgs(this.job.args);
    kept.parsed = true;
    return kept.args;
  }

  /** Made for the asking, as `enqueue` is: a handler may take it apart. */
  get lock(): JobContext["lock"] {
    return (name, options) => this.#tools.lock(this, name, options);
  }

  get<Value = unknown>(key: string): Value | undefined {
    return this.#kept?.values.get(key) as Value | undefined;
  }

  set(key: string, value: unknown): void {
    this.#keep().values.set(key, value);
  }

  checkIn(text: string): void {
    this.#tools.note(this, undefined, String(text).slice(0, limits.checkInChars));
  }

  progress(share: number, note?: string): void {
    const text = note === undefined ? undefined : String(note).slice(0, limits.checkInChars);
    this.#tools.note(this, shareOf(share), text);
  }

  command(): "stop" | "cancel" | undefined {
    return this.asked === "stop" || this.asked === "cancel" ? this.asked : undefined;
  }

  throwIfEnded(): void {
    if (this.asked !== undefined) throw askedError(this.asked, this.reason);
  }

  /** Asks the run to end. A second ask changes nothing. */
  ask(asked: Exclude<Asked, undefined>, reason: string): boolean {
    if (this.asked !== undefined) return false;
    this.asked = asked;
    this.reason = reason;
    this.#controller?.abort(askedError(asked, reason));
    return true;
  }

  #keep(): { parsed: boolean; args: unknown; values: Map<string, unknown> } {
    this.#kept ??= { parsed: false, args: undefined, values: new Map() };
    return this.#kept;
  }

  /** The log, if the run ever asked for it. */
  get usedLog(): JobLog | undefined {
    return this.#log;
  }
}

const none: readonly string[] = [];

/** The arguments of a run. Throws the directive that ends it as dead where they can't be read. */
export function parsedArgs(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw discard(`the arguments can't be read: ${messageOf(error)}`);
  }
}

/** What progress is taken as: a rounding error, or nothing to divide by, must not fail a run. */
export function shareOf(share: number): number {
  return Math.min(1, Math.max(0, Number(share) || 0));
}

/** The reason of an aborted `ctx.signal`, and what `ctx.throwIfEnded()` throws. */
export function askedError(asked: Exclude<Asked, undefined>, reason: string): ErgateError {
  switch (asked) {
    case "stop":
      return new ErgateError("ERR_ERGATE_RUN_STOPPED", reason || "the job was asked to stop");
    case "cancel":
      return new ErgateError("ERR_ERGATE_RUN_CANCELLED", reason || "the job was cancelled");
    case "timeout":
      return new ErgateError("ERR_ERGATE_RUN_TIMEOUT", reason || "the run took too long");
    case "shutdown":
      return new ErgateError("ERR_ERGATE_RUN_INTERRUPTED", reason || "the runtime is stopping");
    default:
      return asked satisfies never;
  }
}
