import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { HandlerEnqueue, JobContext, JobLog } from "./context.ts";
import type { Asked } from "./ending.ts";
import type { ClaimedJob } from "./job.ts";

/** What a loop run's context needs of whoever runs it. */
export interface ContextTools {
  readonly stopping: AbortSignal;
  readonly base: unknown;
  log(job: ClaimedJob): JobLog;
  note(run: RunContext, progress: number | undefined, checkIn: string | undefined): void;
  enqueue(run: RunContext, ...call: Parameters<HandlerEnqueue>): ReturnType<HandlerEnqueue>;
}

/**
 * The context of a run in the loop. Whatever costs something (a log, an AbortController, a bound
 * function) is made when the handler first asks for it: most handlers never do.
 */
export class RunContext implements JobContext {
  readonly job: ClaimedJob;
  readonly #tools: ContextTools;
  #log: JobLog | undefined;
  #controller: AbortController | undefined;
  #enqueue: HandlerEnqueue | undefined;
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

  checkIn(text: string): void {
    this.#tools.note(this, undefined, String(text).slice(0, limits.checkInChars));
  }

  progress(share: number, note?: string): void {
    const bounded = Math.min(1, Math.max(0, Number(share) || 0));
    this.#tools.note(this, bounded, note?.slice(0, limits.checkInChars));
  }

  command(): "stop" | "cancel" | undefined {
    return this.asked === undefined ? undefined : this.asked === "cancel" ? "cancel" : "stop";
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

  /** The log, if the run ever asked for it. */
  get usedLog(): JobLog | undefined {
    return this.#log;
  }
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
