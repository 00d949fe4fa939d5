import { type Duration, durationMs } from "../lib/base/duration.ts";
import type { VirtualClock } from "../lib/kernel/testkit.ts";
import type { Runs } from "./test-runs.ts";
import type { Turns } from "./test-turns.ts";

/** The virtual clock: it stands still but in `advance`, and while `stop` plays its grace. */
export interface TestClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Resolves when the clock was moved so far; rejects with the reason of a `signal` that aborts
   * before. Neither `drain` nor `advance` waits for a handler that sleeps.
   */
  sleep(duration: Duration, options?: { signal?: AbortSignal }): Promise<void>;
}

export function testClock(clock: VirtualClock, runs: Runs, turns: Turns): TestClock {
  return {
    now: () => clock.now(),
    async sleep(duration, { signal } = {}) {
      const ms = durationMs(duration, "duration");
      signal?.throwIfAborted();
      if (!turns.inside) return slept(clock, ms, signal);
      runs.sleeps();
      turns.stir();
      await slept(clock, ms, signal).finally(() => runs.woken());
    },
  };
}

function slept(clock: VirtualClock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}
