import type { Clock } from "../base/clock.ts";
import { ErgateError, type ErrorCode } from "../base/error.ts";
import { encodeJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type {
  HandlerEnqueue,
  HandlerEnqueueOptions,
  JobContext,
  JobLog,
  LogLevel,
} from "../job/context.ts";
import type { Asked } from "../job/ending.ts";
import { optionError } from "../job/fields.ts";
import type { Receipt } from "../job/job.ts";
import type { PlannedRun } from "../job/run.ts";
import { shareOf } from "../job/run-context.ts";
import type { Slots } from "./slots.ts";
import type { Follower } from "./thread.ts";
import { lineText, type ThreadLog } from "./thread-log.ts";
import { Note } from "./thread-note.ts";
import type { Outbox } from "./thread-outbox.ts";
import type { WireJob } from "./wire.ts";

/** What a run shares with all others of its thread. */
export interface Surroundings {
  clock: Clock;
  slots: Pick<Slots, "enter" | "begin" | "leave" | "told" | "stopping">;
  outbox: Pick<Outbox, "post" | "posted" | "enqueue">;
  log: Pick<ThreadLog, "add" | "post" | "postDue" | "end" | "flush">;
  stopping: AbortController;
  payloadBytes: number;
}

const faults = {
  stop: ["ERR_ERGATE_RUN_STOPPED", "the run was asked to stop"],
  cancel: ["ERR_ERGATE_RUN_CANCELLED", "the run was cancelled"],
  timeout: ["ERR_ERGATE_RUN_TIMEOUT", "the run took longer than its timeout"],
  shutdown: ["ERR_ERGATE_RUN_INTERRUPTED", "the runtime is stopping"],
} as const satisfies Record<Exclude<Asked, undefined>, readonly [ErrorCode, string]>;

/**
 * The context of one run in a thread. Its functions are its own, so that a handler may take them
 * apart.
 */
export class ThreadContext implements JobContext {
  readonly base: unknown;
  readonly #job: WireJob;
  readonly #slot: number;
  readonly #around: Surroundings;
  #signal: AbortController | undefined;
  #reason = "";
  #log: JobLog | undefined;
  #note: Note | undefined;
  #followers: Follower[] | undefined;
  #values: Map<string, unknown> | undefined;
  /** Once the run ended its slot is another's. */
  #ended = false;

  constructor(job: WireJob, slot: number, base: unknown, around: Surroundings) {
    this.base = base;
    this.#job = job;
    this.#slot = slot;
    this.#around = around;
  }

  get id(): string {
    return this.#job.id;
  }
  get name(): string {
    return this.#job.name;
  }
  get queue(): string {
    return this.#job.queue;
  }
  get attempt(): number {
    return this.#job.attempt;
  }
  get fence(): number {
    return this.#job.fence;
  }
  get schedule(): PlannedRun | undefined {
    return this.#job.schedule;
  }

  /**
   * Looks at the shared word each time, so that a synchronous loop sees `ctx.signal.aborted` too.
   */
  get signal(): AbortSignal {
    this.#signal ??= new AbortController();
    const asked = this.#asked();
    if (asked !== undefined) this.abort(asked, "");
    return this.#signal.signal;
  }

  get stopping(): AbortSignal {
    const { slots, stopping } = this.#around;
    if (slots.stopping && !stopping.signal.aborted) stopping.abort(endedError("shutdown", ""));
    return stopping.signal;
  }

  get log(): JobLog {
    this.#log ??= this.#newLog();
    return this.#log;
  }

  readonly command = (): "stop" | "cancel" | undefined => {
    const asked = this.#asked();
    return asked === "stop" || asked === "cancel" ? asked : undefined;
  };

  readonly throwIfEnded = (): void => {
    if (this.#asked() !== undefined) throw this.signal.reason;
  };

  readonly get = <Value = unknown>(key: string): Value | undefined =>
    this.#kept().get(key) as Value | undefined;

  readonly set = (key: string, value: unknown): void => void this.#kept().set(key, value);

  readonly checkIn = (text: string): void => this.#say(undefined, String(text));

  readonly progress = (share: number, note?: string): void => {
    this.#say(shareOf(share), note === undefined ? undefined : String(note));
  };

  /** Declared once: an overloaded signature has no arrow form. */
  readonly enqueue = (async (
    job: string | { readonly name: string },
    args?: unknown,
    options: HandlerEnqueueOptions = {},
  ): Promise<Receipt | undefined> => {
    if (this.#ended) throw new ErgateError("ERR_ERGATE_STOPPED", "the run has ended");
    const name = typeof job === "string" ? job : job?.name;
    if (typeof name !== "string") {
      throw optionError("job", "must be a job's definition or its name");
    }
    const takesText = typeof job === "object" && "schema" in job && job.schema !== undefined;
    const text = encodeJson(args ?? null, "args", this.#around.payloadBytes, takesText);
    const { with: when, signal, ...rest } = options;
    if (when === "result") return this.#follow({ name, args: text, options: rest });
    return this.#enqueueNow({ name, args: text, options: rest }, signal);
  }) as HandlerEnqueue;

  /** Renewals and the end of a lease would have to cross to the host and back. */
  readonly lock = async (name: string): Promise<never> => {
    const message = `a handler in a thread can't hold a lock ("${name}"); one in the loop can`;
    throw new ErgateError("ERR_ERGATE_LOCK_THREAD", message);
  };

  /** Called when the host's ask arrived, or the shared word shows it. The first reason stays. */
  abort(asked: Exclude<Asked, undefined>, reason: string): void {
    if (this.#ended || this.#signal?.signal.aborted) return;
    if (reason !== "") this.#reason = reason;
    this.#signal?.abort(endedError(asked, this.#reason));
  }

  /** Sends what is still to be said, and gives the followers as JSON text. */
  end(): string | undefined {
    this.#ended = true;
    this.#note?.post();
    this.#around.log.end(this.#job);
    return this.#followers === undefined ? undefined : JSON.stringify(this.#followers);
  }

  #asked(): Asked {
    if (this.#ended) return undefined;
    this.#around.log.postDue();
    return this.#around.slots.told(this.#slot);
  }

  #kept(): Map<string, unknown> {
    this.#values ??= new Map(Object.entries(JSON.parse(this.#job.values ?? "{}")));
    return this.#values;
  }

  #say(progress: number | undefined, checkIn: string | undefined): void {
    if (this.#ended) return;
    this.#note ??= new Note(
      this.#around.outbox,
      this.#around.clock,
      this.#job.key,
      this.#job.fence,
    );
    this.#note.set(progress, checkIn);
  }

  #follow(follower: Follower): undefined {
    this.#followers ??= [];
    if (this.#followers.length >= limits.threadFollowers) {
      const message = `one run enqueues at most ${limits.threadFollowers} jobs with its result`;
      throw new ErgateError("ERR_ERGATE_OVERLOADED", message);
    }
    // As JSON they cross with the ending; a Date has no JSON form of its own.
    const { runAt } = follower.options;
    const at = runAt instanceof Date ? { runAt: runAt.getTime() } : {};
    this.#followers.push({ ...follower, options: { ...follower.options, ...at } });
    return undefined;
  }

  #enqueueNow(call: Follower, signal: AbortSignal | undefined): Promise<Receipt> {
    signal?.throwIfAborted();
    const answer = this.#around.outbox.enqueue(this.#job, call.name, call.args, call.options);
    // A refusal nobody waits for must not end the thread, and with it an innocent run.
    answer.catch(() => {});
    if (signal === undefined) return answer;
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      answer.finally(() => signal.removeEventListener("abort", abort)).then(resolve, reject);
    });
  }

  #newLog(): JobLog {
    const { log } = this.#around;
    const job = this.#job;
    const at =
      (level: LogLevel) =>
      (text: string, ...values: unknown[]) =>
        log.add(job, level, lineText(text, values));
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      flush: () => log.flush(),
    };
  }
}

/** What `ctx.signal` and `ctx.stopping` abort with. */
export function endedError(asked: Exclude<Asked, undefined>, reason: string): ErgateError {
  const [code, message] = faults[asked];
  return new ErgateError(code, reason === "" ? message : reason);
}
