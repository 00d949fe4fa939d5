import { limits } from "../base/limits.ts";
import { Fields, optionError } from "../job/fields.ts";
import { checkQueueName } from "../job/name.ts";
import { parseQueueOptions } from "../job/queue.ts";
import type { QueueRow } from "../protocol/query.ts";
import type { PauseOptions, QueuesClient, ResultOptions } from "./client.ts";
import type { DrainReport } from "./drain-report.ts";
import { waitGiven } from "./given.ts";
import type { LocalParts } from "./parts.ts";
import { waitUntil } from "./wait.ts";

export function localQueues(parts: LocalParts): QueuesClient {
  const { clock } = parts;
  return {
    list: () => rowsOf(parts),
    async pause(name, options = {}) {
      const queue = checkQueueName(name, "queue");
      const now = clock.now();
      const until = untilOf(options, now);
      return (await parts.ask({ type: "pause", queue, until, now })).changed;
    },
    async resume(name) {
      const queue = checkQueueName(name, "queue");
      return (await parts.ask({ type: "resume", queue, now: clock.now() })).changed;
    },
    async configure(name, options) {
      const queue = checkQueueName(name, "queue");
      const settings = parseQueueOptions(options, "options");
      return (await parts.ask({ type: "configure", queue, settings, now: clock.now() })).changed;
    },
    purge: (queue) => purge(parts, checkQueueName(queue, "queue")),
    drain: (queue, options = {}) => drain(parts, queue, options),
  };
}

function untilOf(options: PauseOptions, now: number): number | undefined {
  const fields = new Fields(options, "options", ["for"]);
  const forMs = fields.durationMs("for");
  if (forMs === 0) throw optionError(fields.at("for"), "must be longer than 0");
  return forMs === undefined ? undefined : Math.ceil(now + forMs);
}

/** As the store has them; a pause that is over is none. */
async function rowsOf(parts: LocalParts): Promise<QueueRow[]> {
  const now = parts.clock.now();
  const rows = await parts.read({ type: "queues" });
  return rows.map((row) => {
    if (row.pausedUntil === undefined || row.pausedUntil > now) return row;
    return { ...row, pausedAt: undefined, pausedUntil: undefined };
  });
}

async function purge(parts: LocalParts, queue: string): Promise<number> {
  let count = 0;
  for (;;) {
    const { deleted } = await parts.ask({ type: "purge", queue, limit: limits.bulkRows });
    if (deleted.length > 0) await parts.forget(deleted);
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
  waitGiven(options);
  const look = async () => {
    const all = await rowsOf(parts);
    const chosen = all.filter(({ name }) => queue === undefined || name === queue);
    return chosen.some(isBusy) ? undefined : reportOf(chosen);
  };
  return waitUntil(parts, look, options, "the queue to be drained");
}

/** Something of it runs, or could: what is left waits for what no drain can bring about. */
function isBusy(row: QueueRow): boolean {
  const { counts, pausedAt, held, unroutable } = row;
  return counts.running > 0 || (pausedAt === undefined && counts.available > held + unroutable);
}

function reportOf(rows: readonly QueueRow[]): DrainReport {
  const report: DrainReport = { scheduled: 0, retryable: 0, paused: 0, limited: 0, unroutable: 0 };
  for (const { counts, pausedAt, held, unroutable } of rows) {
    report.scheduled += counts.scheduled;
    report.retryable += counts.retryable;
    if (pausedAt !== undefined) report.paused += counts.available;
    else {
      report.limited += held;
      report.unroutable += unroutable;
    }
  }
  return report;
}
