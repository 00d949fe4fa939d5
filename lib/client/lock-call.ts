import type { Clock, Timer } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import type { LockCallOptions } from "../job/lock.ts";
import type { LockRow } from "../protocol/lock.ts";
import type { HeldLease } from "./lease.ts";

/** Who holds a lock, as far as it is known here. */
export type KnownHolder = Pick<LockRow, "holder" | "jobId">;

/** One call that waits for a lock: until it holds it, its wait is over, or its signal fires. */
export class LockCall {
  readonly options: LockCallOptions;
  readonly #settle: { resolve(lease: HeldLease): void; reject(reason: unknown): void };
  readonly #ended: () => void;
  #timer: Timer | undefined;
  #asked = false;
  #late = false;
  /** Nobody waits for its answer any more. */
  over = false;

  constructor(
    options: LockCallOptions,
    settle: { resolve(lease: HeldLease): void; reject(reason: unknown): void },
    ended: () => void,
  ) {
    this.options = options;
    this.#settle = settle;
    this.#ended = ended;
    options.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** Begins to count its wait; `holder` is asked at its end. */
  watch(clock: Clock, holder: () => KnownHolder | undefined): void {
    const { name, waitMs } = this.options;
    if (waitMs === undefined) return;
    this.#timer = clock.after(waitMs, () => {
      if (this.#asked) this.#late = true;
      else this.fail(takenError(name, holder()));
    });
  }

  /** The store is asked for it: its answer decides, also where the wait is over before it comes. */
  asks(): void {
    this.#asked = true;
  }

  taken(by: KnownHolder): void {
    this.#asked = false;
    if (this.#late) this.fail(takenError(this.options.name, by));
  }

  hold(lease: HeldLease): void {
    if (this.#end()) this.#settle.resolve(lease);
  }

  fail(reason: unknown): void {
    if (this.#end()) this.#settle.reject(reason);
  }

  readonly #abort = () => this.fail(this.options.signal?.reason);

  #end(): boolean {
    if (this.over) return false;
    this.over = true;
    this.#timer?.cancel();
    this.options.signal?.removeEventListener("abort", this.#abort);
    this.#ended();
    return true;
  }
}

export function takenError(name: string, by: KnownHolder | undefined): ErgateError {
  const who = by === undefined ? "another" : by.holder;
  const detail = by?.jobId === undefined ? {} : { id: by.jobId };
  return new ErgateError("ERR_ERGATE_LOCK_TAKEN", `the lock "${name}" is held by ${who}`, detail);
}
