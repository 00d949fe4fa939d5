import type { Clock } from "../base/clock.ts";

interface Wait {
  done(): boolean;
  resolve(): void;
}

/** Waits for something to become true, each with a bound: the pool's close must end. */
export class Waits {
  readonly #clock: Clock;
  #waits: Wait[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when `done()` or after `ms`, whichever is first. */
  until(ms: number, done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, () => wait.resolve());
      const wait: Wait = {
        done,
        resolve: () => {
          timer.cancel();
          this.#waits = this.#waits.filter((other) => other !== wait);
          resolve();
        },
      };
      this.#waits.push(wait);
    });
  }

  /** Something changed. */
  look(): void {
    for (const wait of this.#waits) if (wait.done()) wait.resolve();
  }
}
