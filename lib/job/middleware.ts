import { ErgateError } from "../base/error.ts";
import { callProblem } from "./callable.ts";
import type { JobLog } from "./context.ts";
import { optionError } from "./fields.ts";
import type { JobId, JobMeta } from "./job.ts";

/** The run that a middleware is around. */
export interface MiddlewareJob {
  readonly id: JobId;
  readonly name: string;
  readonly queue: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** As they were enqueued, before any schema; parsed when first read. */
  readonly args: unknown;
  readonly tags: readonly string[];
  /** What it was enqueued with beside its arguments. */
  readonly meta: JobMeta;
  /** Aborts when the run is to end; its `reason` is an ErgateError. */
  readonly signal: AbortSignal;
  /** The job's own log. */
  readonly log: JobLog;
  /**
   * Keeps a value for this run, for the middlewares after this one and the handler's `ctx.get`. To
   * a handler in a thread go those that are set before `next()` and have a JSON form.
   */
  set(key: string, value: unknown): void;
  get<Value = unknown>(key: string): Value | undefined;
}

/**
 * Code around every run. `next()` runs what is inside (the next middleware, at last the handler)
 * and gives its result, or rejects with its error; it may be called once, or not at all. What the
 * middleware returns is the run's result, but undefined leaves the result of `next()` as it is.
 * What it throws fails the run; directives such as `snooze` work from here, too.
 */
export type Middleware = (job: MiddlewareJob, next: () => Promise<unknown>) => unknown;

interface Named {
  name: string;
  call: Middleware;
}

const shape = "(job, next) => result";

/** A runtime's middlewares in their order. Those that a run began with stay its own. */
export class Middlewares {
  #all: readonly Named[] = [];

  get size(): number {
    return this.#all.length;
  }

  /** Adds one, inside of those before. Throws ERR_ERGATE_OPTION for what can't be called. */
  use(value: unknown): void {
    const path = `use[${this.size}]`;
    const problem = callProblem(value, shape);
    if (problem !== undefined) throw optionError(path, problem);
    const call = value as Middleware;
    const name = call.name === "" ? path : `${path} (${call.name})`;
    this.#all = [...this.#all, { name, call }];
  }

  /** Runs `enter` inside all of them; with synchronous ones it is entered in the caller's stack. */
  run(job: MiddlewareJob, enter: () => unknown): Promise<unknown> {
    return through(this.#all, 0, job, enter);
  }
}

async function through(
  all: readonly Named[],
  at: number,
  job: MiddlewareJob,
  enter: () => unknown,
): Promise<unknown> {
  const middleware = all[at];
  if (middleware === undefined) return enter();
  const inside = new Inside(middleware.name, () => through(all, at + 1, job, enter));
  let outer: Ended;
  try {
    outer = { ok: true, value: await middleware.call(job, inside.next) };
  } catch (error) {
    outer = { ok: false, error };
  }
  return inside.close(outer);
}

type Ended = { ok: true; value: unknown } | { ok: false; error: unknown };

/** What one middleware's `next()` stands for. */
class Inside {
  readonly #name: string;
  readonly #enter: () => Promise<unknown>;
  #ending: Promise<Ended> | undefined;
  #ended: Ended | undefined;
  #looked = false;
  #closed = false;
  #fault: ErgateError | undefined;

  constructor(name: string, enter: () => Promise<unknown>) {
    this.#name = name;
    this.#enter = enter;
  }

  readonly next = (): Promise<unknown> => {
    if (this.#ending !== undefined || this.#closed) return this.#refuse();
    const entered = this.#enter();
    this.#ending = entered.then(
      (value): Ended => ({ ok: true, value }),
      (error: unknown): Ended => ({ ok: false, error }),
    );
    void this.#ending.then((ended) => {
      this.#ended = ended;
    });
    return Looked.at(entered, () => {
      this.#looked = true;
    });
  };

  /**
   * The run's end, given the middleware's. What it began by `next()` is waited for, whatever it did
   * meanwhile: a handler that still runs has not ended. An error that it can't have seen, since it
   * never looked or returned before, is the run's.
   */
  async close(outer: Ended): Promise<unknown> {
    this.#closed = true;
    const seen = this.#looked && this.#ended !== undefined;
    const inner = await this.#ending;
    if (this.#fault !== undefined) throw this.#fault;
    if (!outer.ok) throw outer.error;
    if (inner === undefined || outer.value !== undefined) return outer.value;
    if (inner.ok) return inner.value;
    if (!seen) throw inner.error;
    return undefined;
  }

  #refuse(): Promise<never> {
    const why = this.#closed && this.#ending === undefined ? "after it had returned" : "twice";
    const message = `the middleware ${this.#name} called next() ${why}`;
    this.#fault ??= new ErgateError("ERR_ERGATE_MIDDLEWARE", message);
    const refused = Promise.reject(this.#fault);
    refused.catch(() => undefined);
    return refused;
  }
}

/** A promise that tells when somebody looks at how it ended: `await` and `catch` come by `then`. */
class Looked extends Promise<unknown> {
  static override get [Symbol.species]() {
    return Promise;
  }

  #look: (() => void) | undefined;

  static at(promise: Promise<unknown>, look: () => void): Looked {
    const looked = new Looked((resolve, reject) => void promise.then(resolve, reject));
    // Nobody need look: the run's end takes the error all the same.
    looked.catch(() => undefined);
    looked.#look = look;
    return looked;
  }

  // biome-ignore lint/suspicious/noThenProperty: a promise's own, to see that it is called
  override then<A = unknown, B = never>(
    ...handlers: Parameters<Promise<unknown>["then"]>
  ): Promise<A | B> {
    this.#look?.();
    return super.then(...handlers) as Promise<A | B>;
  }
}
