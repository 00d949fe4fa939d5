import { systemClock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Runtime } from "../client/client.ts";
import { waitingStates } from "../job/state.ts";

/**
 * Resolves when every job of the queue is final, in whatever process it ran. A look at the counts
 * now and then: `queues.drain` looks after every event, which takes a core at thousands of jobs a
 * second.
 */
export async function untilIdle(
  runtime: Runtime,
  queue: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const left = await runtime.jobs.count({ queue, state: [...waitingStates, "running"] });
    if (left === 0) return;
    await pause(limits.demoPollMs, signal);
  }
}

/** Rejects with the signal's reason when it aborts first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = systemClock.after(ms, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}
