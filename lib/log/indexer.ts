import type { Clock, Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";

/** What is built behind. Both may throw: the next call has it tried again. */
export interface Behind {
  /** How much is left. */
  behind(): number;
  /** Does a bounded step. Returns how much is left. */
  index(): number;
}

/**
 * Brings the index of search up, step by step, between an engine's calls: when none has come for a
 * while, or when it fell far behind. Nobody waits for it; what it has not is found all the same.
 */
export class Indexer {
  readonly #clock: Pick<Clock, "after">;
  #timer: Timer | undefined;
  #called = false;

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  /** The engine was called, and may have something new. */
  called(engine: Behind): void {
    this.#called = true;
    this.#timer ??= this.#arm(engine, limits.logIndexIdleMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(engine: Behind, ms: number): Timer {
    return this.#clock.after(ms, () => this.#tick(engine), true);
  }

  #tick(engine: Behind): void {
    const quiet = !this.#called;
    this.#called = false;
    const left = stepped(engine, quiet);
    const over = left === undefined || (quiet && left === 0);
    this.#timer = over ? undefined : this.#arm(engine, quiet ? 0 : limits.logIndexIdleMs);
  }
}

/** How much is left; undefined where it failed. */
function stepped(engine: Behind, quiet: boolean): number | undefined {
  try {
    const left = engine.behind();
    return left > (quiet ? 0 : limits.logIndexBehindChunks) ? engine.index() : left;
  } catch {
    return undefined;
  }
}
