import type { Clock } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import type { Lease } from "../job/lock.ts";
import type { HeldLock } from "../protocol/lock.ts";

export interface LeaseTools {
  readonly clock: Clock;
  /** It is over, in whatever way: nothing renews it any more. */
  over(lease: HeldLease): void;
  /** Frees it in the store, and answers whether it was held. Never rejects. */
  free(lease: HeldLease): Promise<boolean>;
}

/**
 * A lease as its holder knows it. Its time counts from when its last confirmed renewal was sent, by
 * the clock that never jumps: the store's own time for it, which decides when another may take it,
 * ends no sooner.
 */
export class HeldLease implements Lease {
  readonly name: string;
  readonly fence: number;
  readonly ttlMs: number;
  readonly #tools: LeaseTools;
  readonly #controller = new AbortController();
  #confirmedMs: number;
  /** The answer of `release`, once it is over. */
  #over: Promise<boolean> | undefined;

  constructor(held: HeldLock, ttlMs: number, sentMs: number, tools: LeaseTools) {
    this.name = held.name;
    this.fence = held.fence;
    this.ttlMs = ttlMs;
    this.#confirmedMs = sentMs;
    this.#tools = tools;
  }

  /** Looks at the clock each time, so that a loop that gives no timer its turn sees it too. */
  get signal(): AbortSignal {
    this.expire();
    return this.#controller.signal;
  }

  readonly release = (): Promise<boolean> => {
    this.expire();
    if (this.#over === undefined) {
      this.#over = this.#tools.free(this);
      this.#tools.over(this);
    }
    return this.#over;
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.release().then(() => undefined);
  }

  get deadlineMs(): number {
    return this.#confirmedMs + this.ttlMs;
  }

  /** A renewal that was sent then is on disk. */
  renewed(sentMs: number): void {
    this.#confirmedMs = sentMs;
  }

  /** Loses it where its time is over. Whether it is over, in whatever way. */
  expire(): boolean {
    if (this.#over === undefined && this.#tools.clock.monotonic() >= this.deadlineMs) {
      this.lose(`no renewal was confirmed within ${this.ttlMs} ms`);
    }
    return this.#over !== undefined;
  }

  lose(why: string): void {
    if (this.#over !== undefined) return;
    this.#over = Promise.resolve(false);
    this.#tools.over(this);
    const message = `the lock "${this.name}" (fence ${this.fence}) is lost: ${why}`;
    this.#controller.abort(new ErgateError("ERR_ERGATE_LOCK_LOST", message));
  }

  /** Another commit frees it, if it is still held. `lost`: its holder goes on, and must hear it. */
  handOver(lost: string | undefined): HeldLock[] {
    if (this.expire()) return [];
    if (lost !== undefined) this.lose(lost);
    this.#over = Promise.resolve(false);
    this.#tools.over(this);
    return [{ name: this.name, fence: this.fence }];
  }
}
