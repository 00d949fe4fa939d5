import type { Clock, Timer } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import { encodeJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { JobLog, LogLevel } from "../job/context.ts";
import { directiveOf } from "../job/directive.ts";
import type { Asked } from "../job/ending.ts";
import type { JobMeta } from "../job/job.ts";
import { metaOf } from "../job/meta.ts";
import type { MiddlewareJob } from "../job/middleware.ts";
import { askedError, parsedArgs } from "../job/run-context.ts";
import type { ThreadEnding, ThreadJob, ThreadLine } from "./thread.ts";
import { lineText } from "./thread-log.ts";

export interface WrappedTools {
  clock: Clock;
  /** Takes a line of the run's log, as a thread's are taken. */
  line(line: ThreadLine): void;
  flushLog(): Promise<void>;
  /** The run was asked to end and its grace is over. */
  overdue(run: WrappedRun): void;
}

/**
 * A thread's run with middlewares around it. Before: they run in the host, towards `next()`.
 * Inside: the job is with the threads. After: they run in the host again. Over: its end is told, or
 * its job is another's; what its middlewares still do changes nothing.
 */
export class WrappedRun implements MiddlewareJob {
  readonly job: ThreadJob;
  readonly startedAt: number;
  phase: "before" | "inside" | "after" | "over" = "before";
  /** How its thread said it ended. */
  ending: ThreadEnding | undefined;
  asked: Asked;
  reason = "";
  readonly #tools: WrappedTools;
  readonly #values = new Map<string, unknown>();
  #args: { value: unknown } | undefined;
  #controller: AbortController | undefined;
  #log: JobLog | undefined;
  #timer: Timer | undefined;
  #inside: { resolve(value: unknown): void; reject(error: unknown): void } | undefined;

  constructor(job: ThreadJob, tools: WrappedTools) {
    this.job = job;
    this.#tools = tools;
    this.startedAt = tools.clock.now();
    this.#watchTimeout();
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
  get tags(): readonly string[] {
    return this.job.tags ?? none;
  }

  get meta(): JobMeta {
    return metaOf(this.job.meta);
  }

  get args(): unknown {
    this.#args ??= { value: parsedArgs(this.job.args) };
    return this.#args.value;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.asked !== undefined) this.#controller.abort(askedError(this.asked, this.reason));
    }
    return this.#controller.signal;
  }

  get log(): JobLog {
    this.#log ??= this.#newLog();
    return this.#log;
  }

  get<Value = unknown>(key: string): Value | undefined {
    return this.#values.get(key) as Value | undefined;
  }

  set(key: string, value: unknown): void {
    this.#values.set(key, value);
  }

  /** Goes inside: what the threads get, and the promise of what becomes of it. */
  enter(): { job: ThreadJob; ended: Promise<unknown> } {
    if (this.asked !== undefined) throw askedError(this.asked, this.reason);
    this.#timer?.cancel();
    this.phase = "inside";
    const ended = new Promise<unknown>((resolve, reject) => {
      this.#inside = { resolve, reject };
    });
    return { job: { ...this.job, values: this.#valuesText() }, ended };
  }

  /** Its thread's run ended: the middlewares hear of it. */
  landed(told: ThreadEnding): void {
    this.phase = "after";
    this.ending = told;
    this.asked ??= told.asked;
    this.reason ||= told.reason;
    this.#watchTimeout();
    const { ending } = told;
    if (ending.type === "threw") this.#inside?.reject(ending.thrown);
    else if (ending.type === "directed") this.#inside?.resolve(directiveOf(ending.directive));
    else this.#inside?.resolve(ending.result === undefined ? undefined : JSON.parse(ending.result));
  }

  /** Its job was not entered and goes back: its next run has middlewares of its own. */
  withdrawn(): void {
    this.over();
    const message = "the run was given back before its thread entered it";
    this.#inside?.reject(new ErgateError("ERR_ERGATE_RUN_INTERRUPTED", message));
  }

  /** Aborts the signal; past its grace the run ends without its middlewares. */
  ask(asked: Exclude<Asked, undefined>, reason: string): void {
    if (this.asked !== undefined) return;
    this.asked = asked;
    this.reason = reason;
    this.#controller?.abort(askedError(asked, reason));
    if (this.phase === "inside") return;
    this.#timer?.cancel();
    const { clock, overdue } = this.#tools;
    this.#timer = clock.after(this.job.graceMs, () => overdue(this));
  }

  over(): void {
    this.phase = "over";
    this.#timer?.cancel();
  }

  /** In the thread its own clock holds; before and after it the middlewares have as long. */
  #watchTimeout(): void {
    const { timeoutMs } = this.job;
    if (timeoutMs === undefined || this.asked !== undefined) return;
    const reason = `the run took longer than ${timeoutMs} ms`;
    this.#timer = this.#tools.clock.after(timeoutMs, () => this.ask("timeout", reason));
  }

  /** What has a JSON form goes along; a socket or a span stays with the middlewares. */
  #valuesText(): string | undefined {
    const texts: string[] = [];
    for (const [key, value] of this.#values) {
      const text = jsonOf(value, key);
      if (text !== undefined) texts.push(`${JSON.stringify(key)}:${text}`);
    }
    return texts.length === 0 ? undefined : `{${texts.join(",")}}`;
  }

  #newLog(): JobLog {
    const { key, fence } = this.job;
    const { clock, line, flushLog } = this.#tools;
    const at =
      (level: LogLevel) =>
      (text: string, ...values: unknown[]) =>
        line({ key, fence, at: clock.now(), level, text: lineText(text, values) });
    const levels = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
    return { ...levels, flush: flushLog };
  }
}

const none: readonly string[] = [];

/** Throws ERR_ERGATE_PAYLOAD_SIZE: what is too large was meant to arrive. */
function jsonOf(value: unknown, key: string): string | undefined {
  if (value === undefined) return undefined;
  try {
    return encodeJson(value, `values.${key}`, limits.payloadBytes);
  } catch (error) {
    if (error instanceof ErgateError && error.code === "ERR_ERGATE_PAYLOAD_JSON") return undefined;
    throw error;
  }
}
