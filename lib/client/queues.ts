import { limits } from "../base/limits.ts";
import { checkQueueName } from "../job/name.ts";
import type { QueueRow } from "../protocol/query.ts";
import type { DrainReport, QueuesClient, ResultOptions } from "./client.ts";
import type { LocalParts } from "./parts.ts";
import { waitUntil } from "./wait.ts";

export function localQueues(parts: LocalParts): QueuesClient {
  return {
    list: async () => [...(await parts.read({ type: "queues" }))],
    async pause(queue) {
      const name = checkQueueName(queue, "queue");
      return (await parts.ask({ type: "pause", queue: name, now: parts.clock.now() })).changed;
    },
    async resume(queue) {
      const name = checkQueueName(queue, "queue");
      return (await parts.ask({ type: "resume", queue: name })).changed;
    },
    purge: (queue) => purge(parts, checkQueueName(queue, "queue")),
    drain: (queue, options = {}) => drain(parts, queue, options),
  };
}

async function purge(parts: LocalParts, queue: string): Promise<number> {
  let count = 0;
  for (;;) {
    const { deleted } = await parts.ask({ type: "purge", queue, limit: limits.bulkRows });
    if (deleted.length > 0) parts.forget(deleted);
    count += deleted.length;
    if (deleted.length < limits.bulkRows) return count;
  }
}

async function drain(
  parts: LocalParts,
  queue: string | undefined,
  options: ResultOptions,
): Promise<DrainReport> {
  if (queue !== undefined) checkQueueName(queue, "queue");
  const look = async () => {
    const all = await parts.read({ type: "queues" });
    const chosen = all.filter(({ name }) => queue === undefined || name === queue);
    return chosen.some(isBusy) ? undefined : reportOf(chosen);
  };
  return waitUntil(parts, look, options, "the queue to be drained");
}

/** Something of it runs, or could: available jobs of a paused queue are left. */
function isBusy({ counts, pausedAt }: QueueRow): boolean {
  return counts.running > 0 || (counts.available > 0 && pausedAt === undefined);
}

function reportOf(rows: readonly QueueRow[]): DrainReport {
  const report: DrainReport = { scheduled: 0, retryable: 0, paused: 0 };
  for (const { counts } of rows) {
    report.scheduled += counts.scheduled;
    report.retryable += counts.retryable;
    report.paused += counts.available;
  }
  return report;
}
