import { durationMs } from "../base/duration.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { ResultOptions } from "./client.ts";
import type { LocalParts } from "./parts.ts";

type WaitParts = Pick<LocalParts, "clock" | "hub" | "watch">;

/**
 * Looks until `look` gives something: at once, when it hears of something, when others may have
 * written, and at least each second. Without a `listen` it looks often rather than at every event:
 * to listen would have every move of the process told. Rejects with ERR_ERGATE_WAIT_TIMEOUT, not
 * before the first look has answered (a timeout of 0 looks once), or the signal's reason.
 */
export function waitUntil<T>(
  parts: WaitParts,
  look: () => Promise<T | undefined>,
  options: ResultOptions,
  what: string,
  /** Calls back on what is worth a look; default: often. Returns the end of it. */
  listen: (wake: () => void) => () => void = (wake) => every(parts, limits.eventsPollMs, wake),
): Promise<T> {
  const { signal, timeout } = options;
  const timeoutMs = timeout === undefined ? undefined : durationMs(timeout, "timeout");
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const wait = new Wait(look, resolve, reject);
    const wake = () => wait.wake();
    const fail = (reason: unknown) => wait.fail(reason);
    wait.onOver(listen(wake));
    wait.onOver(parts.watch(wake));
    // Behind the bell, which some file systems don't ring.
    wait.onOver(every(parts, limits.resultPollMs, wake));
    wait.onOver(parts.hub.onClose(() => fail(stopped(what))));
    const late = (error: ErgateError) => wait.late(error);
    if (timeoutMs !== undefined) wait.onOver(endLate(parts, late, what, timeoutMs));
    if (signal !== undefined) wait.onOver(endOnAbort(fail, signal));
    wake();
  });
}

/** Looks at one thing, one look at a time, until something is found or the wait is ended. */
class Wait<T> {
  readonly #look: () => Promise<T | undefined>;
  readonly #resolve: (found: T) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #ends: (() => void)[] = [];
  #looking = false;
  #looked = false;
  #late: ErgateError | undefined;
  #again = false;
  #over = false;

  constructor(
    look: () => Promise<T | undefined>,
    resolve: (found: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#look = look;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** At once where the wait is over already: what is armed for it must not outlive it. */
  onOver(end: () => void): void {
    if (this.#over) end();
    else this.#ends.push(end);
  }

  /** Looks now, or once more after the look that is under way. */
  wake(): void {
    if (this.#looking || this.#over) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    this.#again = false;
    this.#look().then(
      (found) => this.#answered(found),
      (error) => this.fail(error),
    );
  }

  fail(reason: unknown): void {
    this.#finish(() => this.#reject(reason));
  }

  /** Its time is over: what the first look finds was there in time, however long the look takes. */
  late(error: ErgateError): void {
    if (this.#looked) this.fail(error);
    else this.#late = error;
  }

  #answered(found: T | undefined): void {
    this.#looking = false;
    this.#looked = true;
    if (found !== undefined) this.#finish(() => this.#resolve(found));
    else if (this.#late !== undefined) this.fail(this.#late);
    else if (this.#again) this.wake();
  }

  #finish(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    for (const end of this.#ends) end();
    settle();
  }
}

function stopped(what: string): ErgateError {
  return new ErgateError("ERR_ERGATE_STOPPED", `the runtime stopped before ${what}`);
}

export function every({ clock }: WaitParts, ms: number, wake: () => void): () => void {
  const tick = () => {
    timer = clock.after(ms, tick, true);
    wake();
  };
  let timer = clock.after(ms, tick, true);
  return () => timer.cancel();
}

function endLate(
  { clock }: WaitParts,
  fail: (late: ErgateError) => void,
  what: string,
  timeoutMs: number,
): () => void {
  const message = `${what} did not come within ${timeoutMs} ms`;
  const late = new ErgateError("ERR_ERGATE_WAIT_TIMEOUT", message);
  const timer = clock.after(timeoutMs, () => fail(late));
  return () => timer.cancel();
}

function endOnAbort(fail: (reason: unknown) => void, signal: AbortSignal): () => void {
  const abort = () => fail(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return () => signal.removeEventListener("abort", abort);
}
