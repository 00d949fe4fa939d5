import { systemClock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Runtime } from "../client/client.ts";
import { waitingStates } from "../job/state.ts";

/** Resolves when every job of the queue is final, in whatever process it ran. */
export async function untilIdle(
  runtime: Runtime,
  queue: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await runtime.queues.drain(queue, { signal });
    const left = await runtime.jobs.count({ queue, state: [...waitingStates, "running"] });
    if (left === 0) return;
    // Some wait for another attempt, or somebody paused the queue.
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
