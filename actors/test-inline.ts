import { limits } from "../lib/base/limits.ts";
import type { Runtime } from "../lib/client/client.ts";
import type { Receipt } from "../lib/job/job.ts";
import type { Drive } from "./test-drive.ts";
import type { Rows } from "./test-rows.ts";
import type { Turns } from "./test-turns.ts";

/**
 * Enqueues that resolve once everything has come to rest, with the state that the job has then. A
 * handler's own resolve with their commit, as it would wait for itself: the enqueue that made it
 * run waits for those too.
 */
export function inlineEnqueues(
  runtime: Runtime,
  drive: Drive,
  turns: Turns,
  rows: Rows,
): Pick<Runtime, "enqueue" | "enqueueMany" | "enqueueAndWait"> {
  const ran = async (enqueue: () => Promise<Receipt[]>): Promise<Receipt[]> => {
    if (turns.inside) return enqueue();
    await runtime.start();
    const receipts = await enqueue();
    await drive.drain(limits.testDrainMs);
    return receipts.map((receipt) => {
      const state = rows.get(receipt.id)?.state ?? receipt.state;
      return { ...receipt, state };
    });
  };
  return {
    async enqueue(...call) {
      const [receipt] = await ran(async () => [await runtime.enqueue(...call)]);
      return receipt as Receipt;
    },
    enqueueMany: (requests) => ran(() => runtime.enqueueMany(requests)),
    async enqueueAndWait(...call) {
      if (!turns.inside) await runtime.start();
      return runtime.enqueueAndWait(...call);
    },
  };
}
