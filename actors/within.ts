import type { Clock } from "../lib/base/clock.ts";

/** Resolves when that is settled, or after `ms`. */
export function within(clock: Clock, ms: number, settled: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve);
    const end = () => {
      timer.cancel();
      resolve();
    };
    settled.then(end, end);
  });
}
