import { limits } from "../../base/limits.ts";
import type { JobId } from "../../job/job.ts";
import type { LimitRun, LimitUse, WhyRow } from "../../protocol/why.ts";
import type { WorkerIdentity } from "../../protocol/worker.ts";
import { newQueue, type QueueState } from "../queue-state.ts";
import type { Lane } from "./book.ts";
import { definitionOf } from "./definitions.ts";
import { jobRow } from "./jobrow.ts";
import { stateOfQueue } from "./queuerow.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { optional, optionalText } from "./rows.ts";
import type { Row } from "./session.ts";
import { identityOf } from "./workers.ts";

/** Gathers what says why a job stands where it does; every part of it is bounded. */
export function whyRow(reader: Reader, id: JobId): WhyRow | undefined {
  const job = jobRow(reader, id);
  if (job === undefined) return undefined;
  const row = reader.sql(read.whyRow).get(id, reader.namespace) as Row;
  const lanes = reader.lanes();
  const workers = reader.sql(read.workers).all(reader.namespace) as Row[];
  const identities = workers.map((worker) => identityOf(reader, worker));
  const { settings, bucket, pausedAt, pausedUntil } = queueOf(reader, job.queue);
  const concurrency = definitionOf(reader, job.name)?.concurrency;
  const inQueue = lanes.filter(({ queue }) => queue === job.queue);
  const ofJob = lanes.filter(({ name }) => name === job.name);
  return {
    job,
    ask: (row.ask as "stop" | "cancel" | null) ?? undefined,
    suspect: row.suspect === 1,
    crashes: Number(row.crashes),
    keyHolder: keyHolderOf(reader, row.unique_key, job.seq),
    suspectsRunning: suspectsRunning(reader, lanes),
    owner: optionalText(workers.find(({ key }) => key === row.owner)?.id),
    workers: identities,
    ...{ settings, bucket, pausedAt, pausedUntil },
    inQueue: useOf(reader, inQueue, settings.concurrency),
    ofJob: useOf(reader, ofJob, concurrency),
    ahead: aheadOf(reader, inQueue, identities, job),
  };
}

function keyHolderOf(reader: Reader, key: Row[string] | undefined, seq: number) {
  if (key === null || key === undefined) return undefined;
  const row = reader.sql(read.otherHolder).get(reader.namespace, key, seq) as Row | undefined;
  if (row === undefined || row.id === null) return undefined;
  return { id: String(row.id), until: optional(row.expires_at) };
}

function queueOf(reader: Reader, name: string): QueueState {
  const rows = reader.sql(read.queues).all(reader.namespace) as Row[];
  const row = rows.find((queue) => queue.name === name);
  return row === undefined ? newQueue(name) : stateOfQueue(row);
}

function useOf(reader: Reader, lanes: readonly Lane[], limit: number | undefined): LimitUse {
  if (limit === undefined) return { limit, taken: 0, runs: [] };
  let taken = 0;
  const runs: LimitRun[] = [];
  const add = (text: string, lane: Lane, lingering: boolean) => {
    const rows = reader.sql(text).all(lane.key, limits.whyRuns - runs.length) as Row[];
    for (const row of rows) {
      runs.push({ jobId: optionalText(row.id), worker: optionalText(row.worker), lingering });
    }
  };
  for (const lane of lanes) {
    const row = reader.sql(read.runningInLane).get(lane.key, lane.key) as { running: number };
    taken += row.running;
    if (row.running === 0) continue;
    add(read.runsInLane, lane, false);
    add(read.lingeringRunsInLane, lane, true);
  }
  return { limit, taken, runs };
}

/** Jobs that nobody can claim are in nobody's way. */
function aheadOf(
  reader: Reader,
  lanes: readonly Lane[],
  workers: readonly WorkerIdentity[],
  { priority, runAt, seq }: { priority: number; runAt: number; seq: number },
): number {
  const known = new Set(workers.flatMap(({ jobs }) => jobs));
  let ahead = 0;
  const left = () => Math.max(0, limits.whyAhead + 1 - ahead);
  for (const { key, name } of lanes) {
    if (!known.has(name)) continue;
    const higher = reader.sql(read.aheadByPriority).get(key, priority, left());
    ahead += (higher as { ahead: number }).ahead;
    const sooner = reader.sql(read.aheadByTime).get(key, priority, runAt, seq, left());
    ahead += (sooner as { ahead: number }).ahead;
  }
  return ahead;
}

function suspectsRunning(reader: Reader, lanes: readonly Lane[]): JobId[] {
  const running = lanes.filter(({ counts }) => counts.running > 0);
  return running
    .flatMap(({ key }) => reader.sql(read.runningSuspectsInLane).all(key, limits.whyRuns) as Row[])
    .map(({ id }) => String(id))
    .slice(0, limits.whyRuns);
}
