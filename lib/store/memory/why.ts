import { limits } from "../../base/limits.ts";
import type { LimitRun, LimitUse, WhyRow } from "../../protocol/why.ts";
import { claimedBefore, jobRowOf, type Row } from "./row.ts";
import type { LingeringRun, Table } from "./table.ts";
import { identityOf } from "./workers.ts";

export function whyRow(table: Table, row: Row): WhyRow {
  const { settings, bucket, pausedAt, pausedUntil } = table.queue(row.queue);
  const { ask, suspect, crashes, owner } = row;
  const rows = [...table.rows.values()];
  const running = rows.filter(({ state }) => state === "running");
  const inQueue = (one: Place) => one.queue === row.queue;
  const ofJob = (one: Place) => one.name === row.name;
  return {
    job: jobRowOf(row),
    ...{ ask, suspect, crashes },
    keyHolder: keyHolderOf(table, row),
    suspectsRunning: running
      .filter((one) => one.suspect)
      .map(({ id }) => id)
      .slice(0, limits.whyRuns),
    owner: workerId(table, owner),
    workers: [...table.workers.values()].map(identityOf),
    ...{ settings, bucket, pausedAt, pausedUntil },
    inQueue: useOf(table, running, inQueue, settings.concurrency),
    ofJob: useOf(table, running, ofJob, table.definitions.get(row.name)?.concurrency),
    ahead: aheadOf(table, rows, row),
  };
}

type Place = Pick<Row, "queue" | "name">;

function keyHolderOf({ keys }: Table, { unique, seq }: Row) {
  // Whether it has expired is for who reads it to say.
  const holding = unique && keys.holderOf(unique.key, 0);
  if (holding === undefined || holding.seq === seq) return undefined;
  return { id: holding.id, until: holding.rest?.expiresAt };
}

function workerId(table: Table, owner: number | undefined): string | undefined {
  return owner === undefined ? undefined : table.workers.get(owner)?.id;
}

function useOf(
  table: Table,
  running: readonly Row[],
  chosen: (place: Place) => boolean,
  limit: number | undefined,
): LimitUse {
  if (limit === undefined) return { limit, taken: 0, runs: [] };
  const own = running.filter(chosen).map((row): LimitRun => {
    return { jobId: row.id, worker: workerId(table, row.owner), lingering: false };
  });
  const lingering = table.lingering.filter(chosen).map(({ seq, owner }: LingeringRun): LimitRun => {
    return { jobId: table.rows.get(seq)?.id, worker: workerId(table, owner), lingering: true };
  });
  const runs = [...own, ...lingering];
  return { limit, taken: runs.length, runs: runs.slice(0, limits.whyRuns) };
}

/** Jobs that nobody can claim are in nobody's way. */
function aheadOf({ workers }: Table, rows: readonly Row[], row: Row): number {
  const known = new Set([...workers.values()].flatMap(({ jobs }) => jobs));
  const ahead = rows.filter(
    (one) =>
      one.state === "available" &&
      !one.suspect &&
      one.queue === row.queue &&
      known.has(one.name) &&
      claimedBefore(one, row),
  );
  return Math.min(ahead.length, limits.whyAhead + 1);
}
