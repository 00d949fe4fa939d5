import type { Timer } from "../base/clock.ts";
import type { LockAnswers } from "../protocol/lock.ts";
import type { KnownHolder, LockCall } from "./lock-call.ts";

export interface LineTools {
  after(ms: number, action: () => void): Timer;
  now(): number;
  /** Asks the store once for the call; where it got the lock, the call holds it by then. */
  attempt(call: LockCall): Promise<LockAnswers["acquire"]>;
  /** From now on it is woken when another process frees something. Whether that is new. */
  listen(): boolean;
  /** Nobody waits in it any more. */
  empty(): void;
}

/**
 * This process's calls that wait for one lock, first come, first served. Only the first asks: at
 * once, when something was freed, and when the holder's time is over.
 */
export class LockLine {
  readonly #tools: LineTools;
  readonly #calls = new Set<LockCall>();
  #asking = false;
  #again = false;
  #timer: Timer | undefined;
  /** Who held it when it was asked for last. */
  holder: KnownHolder | undefined;

  constructor(tools: LineTools) {
    this.#tools = tools;
  }

  join(call: LockCall): void {
    this.#calls.add(call);
    if (this.#calls.size === 1) this.wake();
  }

  leave(call: LockCall): void {
    const [first] = this.#calls;
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#end();
    // Of the next nobody knows yet how long it has to wait.
    else if (call === first) this.wake();
  }

  calls(): LockCall[] {
    return [...this.#calls];
  }

  /** Asks now, or once more after the question that is under way. */
  wake(): void {
    const [first] = this.#calls;
    if (this.#asking || first === undefined) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    this.#again = false;
    this.#timer?.cancel();
    first.asks();
    this.#tools
      .attempt(first)
      .then(
        (answer) => this.#answered(first, answer),
        (error) => first.fail(error),
      )
      .finally(() => this.#asked());
  }

  #answered(first: LockCall, answer: LockAnswers["acquire"]): void {
    if (answer.type === "acquired") return;
    const { by } = answer;
    this.holder = by;
    first.taken(by);
    const leftMs = by.renewedAt + by.ttlMs - this.#tools.now();
    // By the clock that never jumps it is no longer than the ttl.
    this.#timer = this.#tools.after(Math.max(1, Math.min(leftMs, by.ttlMs)), () => this.wake());
    // What was freed before it listened was not heard.
    if (this.#tools.listen()) this.#again = true;
  }

  #asked(): void {
    this.#asking = false;
    if (this.#calls.size === 0) this.#end();
    else if (this.#again) this.wake();
  }

  #end(): void {
    this.#timer?.cancel();
    if (!this.#asking) this.#tools.empty();
  }
}
