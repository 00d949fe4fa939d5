import { AsyncLocalStorage } from "node:async_hooks";
import { soon, systemClock } from "../lib/base/clock.ts";

/**
 * The turns of the actors under test, counted: what else moves them is promises, timers and users.
 */
export class Turns {
  readonly #inside = new AsyncLocalStorage<true>();
  #pending = 0;
  #waiting = new Set<() => void>();

  /** What the actors' system dispatches its turns with. */
  readonly dispatch = (turn: () => void): void => {
    this.#pending++;
    this.stir();
    soon(() => {
      this.#pending--;
      this.#inside.run(true, turn);
    });
  };

  /** Whether the caller was called by the runtime: a handler, and all that it calls. */
  get inside(): boolean {
    return this.#inside.getStore() === true;
  }

  /** Something may go on: whoever waits looks again. */
  stir(): void {
    for (const wake of this.#waiting) wake();
  }

  /**
   * Resolves when no turn is to come. The engines answer in promises alone, and those all have
   * their turn before the loop's next one.
   */
  async quiet(): Promise<void> {
    do await new Promise<void>((resolve) => soon(resolve));
    while (this.#pending > 0);
  }

  /** Resolves when something stirs, after `ms` of real time at the latest. */
  async stirred(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        timer.cancel();
        resolve();
      };
      const timer = systemClock.after(ms, wake);
      this.#waiting.add(wake);
    });
  }
}
