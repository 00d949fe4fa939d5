import { systemClock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Runtime } from "../client/client.ts";
import { finalStates } from "../job/state.ts";
import { pause } from "./demo-wait.ts";
import type { Out } from "./out.ts";

const barChars = 30;

/**
 * Shows how far the queue is until the signal aborts: a bar on a terminal, else a line a second.
 */
export async function showProgress(
  runtime: Runtime,
  queue: string,
  out: Out,
  signal: AbortSignal,
): Promise<void> {
  const { terminal } = out;
  const everyMs = terminal === undefined ? limits.demoLineMs : limits.demoBarMs;
  const began = systemClock.monotonic();
  const countDone = () => runtime.jobs.count({ queue, state: finalStates });
  try {
    let before = await countDone();
    for (;;) {
      await pause(everyMs, signal);
      const [total, done] = await Promise.all([runtime.jobs.count({ queue }), countDone()]);
      // Fewer than before: the results of an earlier run are being deleted.
      if (done < before) before = done;
      const rate = ((done - before) * 1000) / Math.max(1, systemClock.monotonic() - began);
      if (signal.aborted) break;
      if (terminal === undefined) out.note(`${done} of ${total} files, ${Math.round(rate)}/s`);
      else terminal.write(`\r${barLine(done, total, rate)}\u001b[K`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    terminal?.write("\r\u001b[K");
  }
}

function barLine(done: number, total: number, rate: number): string {
  const share = total === 0 ? 0 : done / total;
  const full = Math.round(share * barChars);
  const bar = "█".repeat(full) + "░".repeat(barChars - full);
  return `${bar} ${Math.floor(share * 100)} %  ${done} of ${total} files, ${Math.round(rate)}/s`;
}
