import { threadId } from "node:worker_threads";
import { messageOf } from "../base/error.ts";
import { encodeJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { isDirective } from "../job/directive.ts";
import { type Asked, type Ending, runError } from "../job/ending.ts";
import type { Directive } from "../job/outcome.ts";
import { retryAfterOf } from "../job/retry-after.ts";
import { checked } from "../job/schema.ts";
import { pushEnding, type ThrownWire } from "./ending-wire.ts";
import { type Surroundings, ThreadContext } from "./thread-context.ts";
import type { LoadedModule, Modules } from "./thread-module.ts";
import { type Flat, jobAt, jobCount, type RunResult, type RunTask } from "./wire.ts";

interface Run {
  at: number;
  slot: number;
  ctx: ThreadContext;
  args: string;
  startedAt: number;
  beganMs: number;
}

/**
 * Runs batches in a thread, one job after another; only an asynchronous handler costs a promise.
 */
export class Runner {
  readonly #around: Surroundings;
  readonly #modules: Modules;
  #task = -1;
  #run: Run | undefined;
  #endings: Flat = [];
  #nowMs = 0;
  #killed = false;
  /** Jobs ended in this thread. */
  ended = 0;

  constructor(around: Surroundings, modules: Modules) {
    this.#around = around;
    this.#modules = modules;
  }

  async run(task: RunTask): Promise<RunResult> {
    this.#task = task.task;
    this.#nowMs = this.#around.clock.monotonic();
    const until = this.#nowMs + limits.threadBudgetMs;
    for (let at = 0; at < jobCount(task); at++) {
      if (this.#nowMs > until) break;
      const pending = this.#runJob(task, at);
      if (pending !== undefined) await pending;
      // The host ends this thread because of this run: nothing that follows may be entered.
      if (this.#killed) await new Promise(() => {});
    }
    this.#around.log.post();
    const endings = this.#takeEndings();
    return { thread: threadId, posted: this.#around.outbox.posted, endings };
  }

  /** The host's ask: aborts the signal of the run that it means, if it still runs. */
  ask(task: number, at: number, asked: Asked, reason: string): void {
    if (task !== this.#task || this.#run?.at !== at || asked === undefined) return;
    this.#run.ctx.abort(asked, reason);
  }

  /**
   * Sends the endings so far ahead of the batch's result: a mate takes long, or the thread ends.
   */
  flush(task: number): void {
    this.#around.log.post();
    if (task !== this.#task || this.#endings.length === 0) return;
    this.#around.outbox.post({
      type: "ended",
      task,
      endings: this.#takeEndings(),
      recycled: false,
    });
  }

  /** The thread ends by itself: what is known goes out first. */
  exiting(): void {
    this.flush(this.#task);
  }

  #takeEndings(): Flat {
    const endings = this.#endings;
    this.#endings = [];
    return endings;
  }

  #runJob(task: RunTask, at: number): Promise<void> | undefined {
    const slot = task.slot + at;
    if (!this.#around.slots.enter(slot, threadId)) return undefined;
    const job = jobAt(task, at);
    const module = this.#modules.get(job.url);
    const newRun = (base: unknown): Run => {
      const ctx = new ThreadContext(job, slot, base, this.#around);
      return { at, slot, ctx, args: job.args, startedAt: 0, beganMs: 0 };
    };
    if (module !== undefined) return this.#call(newRun(module.base), module);
    return this.#modules.load(job.url).then(
      (loaded) => this.#call(newRun(loaded.base), loaded),
      (error) => {
        const run = newRun(undefined);
        this.#begin(run);
        const cause = thrownWire(error);
        const message = `the handler ${job.url} can't be loaded: ${cause.message}`;
        const wire = { ...cause, message, name: "ErgateError", code: "ERR_ERGATE_HANDLER_LOAD" };
        this.#finish(run, "threw", JSON.stringify(wire));
      },
    );
  }

  #call(run: Run, module: LoadedModule): Promise<void> | undefined {
    this.#begin(run);
    let args: unknown;
    try {
      args = JSON.parse(run.args);
    } catch (error) {
      const reason = `the payload can't be read: ${messageOf(error)}`;
      this.#direct(run, { type: "discard", reason });
      return undefined;
    }
    try {
      const value = handled(args, run.ctx, module);
      if (isThenable(value)) {
        return Promise.resolve(value).then(
          (result) => this.#returned(run, result),
          (error) => this.#threw(run, error),
        );
      }
      this.#returned(run, value);
    } catch (error) {
      this.#threw(run, error);
    }
    return undefined;
  }

  #begin(run: Run): void {
    this.#run = run;
    run.startedAt = this.#around.clock.now();
    run.beganMs = this.#around.clock.monotonic();
    this.#around.slots.begin(run.slot, run.startedAt);
  }

  #returned(run: Run, value: unknown): void {
    if (isDirective(value)) {
      this.#direct(run, value);
      return;
    }
    let text: string | undefined;
    try {
      if (value !== undefined) text = encodeJson(value, "result", this.#around.payloadBytes, true);
    } catch (error) {
      this.#threw(run, error);
      return;
    }
    this.#finish(run, "returned", text);
  }

  #threw(run: Run, error: unknown): void {
    if (isDirective(error)) this.#direct(run, error);
    else this.#finish(run, "threw", JSON.stringify(thrownWire(error)));
  }

  #direct(run: Run, directive: Directive): void {
    this.#finish(run, "directed", JSON.stringify(directive));
  }

  #finish(run: Run, type: Ending["type"], text: string | undefined): void {
    this.#run = undefined;
    this.ended++;
    this.#nowMs = this.#around.clock.monotonic();
    const followers = run.ctx.end();
    if (!this.#around.slots.leave(run.slot)) {
      this.#killed = true;
      return;
    }
    const { at, startedAt } = run;
    pushEnding(this.#endings, at, type, text, {
      startedAt,
      ranMs: this.#nowMs - run.beganMs,
      followers,
    });
  }
}

function handled(args: unknown, ctx: ThreadContext, module: LoadedModule): unknown {
  if (module.schema === undefined) return module.handler(args, ctx);
  const sound = checked(module.schema, args);
  if (sound instanceof Promise) return sound.then((value) => module.handler(value, ctx));
  return module.handler(sound, ctx);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && isCall(value.then);
}

function isCall(value: unknown): boolean {
  return typeof value === "function";
}

/** Never throws: a handler may throw what can't even be made into text. */
export function thrownWire(thrown: unknown): ThrownWire {
  try {
    const { message, stack } = runError(thrown);
    const retryAfter = retryAfterOf(thrown);
    if (!(thrown instanceof Error)) return { message, stack, retryAfter };
    const code = (thrown as { code?: unknown }).code;
    const plain = typeof code === "string" || typeof code === "number" ? code : undefined;
    return { message, stack, name: String(thrown.name), code: plain, retryAfter };
  } catch {
    return { message: "a thrown value that can't be shown" };
  }
}
