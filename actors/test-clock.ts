import { type Duration, durationMs } from "../lib/base/duration.ts";
import type { VirtualClock } from "../lib/kernel/testkit.ts";
import type { Runs } from "./test-runs.ts";
import type { Turns } from "./test-turns.ts";

/** The virtual clock: it stands still but in `advance`, and while `stop` plays its grace. */
export interface TestClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves when the clock was moved so far. For a handler that waits in it, nobody waits. */
  sleep(duration: Duration): Promise<void>;
}

export function testClock(clock: VirtualClock, runs: Runs, turns: Turns): TestClock {
  return {
    now: () => clock.now(),
    async sleep(duration) {
      const ms = durationMs(duration, "duration");
      const passed = new Promise<void>((resolve) => void clock.after(ms, resolve));
      if (!turns.inside) return passed;
      runs.sleeps();
      turns.stir();
      await passed;
      runs.woken();
    },
  };
}
