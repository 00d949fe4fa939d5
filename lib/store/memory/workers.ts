import { limits } from "../../base/limits.ts";
import type { SlotRow, WorkerIdentity, WorkerRow } from "../../protocol/worker.ts";
import type { Row } from "./row.ts";
import type { LingeringRun, Table, Worker } from "./table.ts";

export function workerRows(table: Table, namespace: string): WorkerRow[] {
  return [...table.workers.values()].map((worker) => workerRow(table, namespace, worker));
}

export function identityOf({ lock, ...worker }: Worker): WorkerIdentity {
  const { id, host, pid, version, leaseUntil, jobs, declared } = worker;
  const alive = lock.held;
  return { id, host, pid, version, leaseUntil, alive, jobs: [...jobs].sort(), declared };
}

function workerRow(table: Table, namespace: string, worker: Worker): WorkerRow {
  const { number, concurrency, threads, startedAt } = worker;
  const lingering = table.lingering.filter(({ owner }) => owner === number);
  const entered = table.runningOf(number).filter((row) => row.startedAt !== undefined);
  entered.sort((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0));
  const slots = [
    ...lingering.map((run) => lingeringSlot(table, run)),
    ...entered.map((row) => slotOf(table, row, false)),
  ];
  return {
    ...identityOf(worker),
    ...{ namespace, concurrency, threads, startedAt },
    queues: queuesOf(table, worker.jobs),
    running: table.runningCount(number),
    lingering: lingering.length,
    busy: slots.length,
    slots: slots.slice(0, limits.workerSlots),
  };
}

function queuesOf({ queues, definitions }: Table, names: readonly string[]): string[] {
  const holding = [...queues.values()].filter(({ jobs }) => names.some((name) => jobs.has(name)));
  const defined = names.flatMap((name) => definitions.get(name)?.queue ?? []);
  return [...new Set([...holding.map(({ name }) => name), ...defined])].sort();
}

function slotOf({ definitions }: Table, row: Row, lingering: boolean): SlotRow {
  const { id: jobId, name, queue, attempt, args, startedAt, progress, checkIn } = row;
  const small = Buffer.byteLength(args) <= limits.slotArgsBytes;
  return {
    ...{ jobId, name, queue, attempt, args: small ? args : undefined },
    redact: definitions.get(name)?.redact ?? [],
    ...{ startedAt, progress, checkIn, lingering },
  };
}

/** The job's row may be another run's by now, or gone. */
function lingeringSlot(table: Table, { queue, name, seq, fence }: LingeringRun): SlotRow {
  const row = table.rows.get(seq);
  const unknown = { progress: undefined, checkIn: undefined };
  if (row === undefined) {
    const none = { jobId: undefined, attempt: undefined, args: undefined, startedAt: undefined };
    return { ...none, ...unknown, name, queue, redact: [], lingering: true };
  }
  const again = row.fence === fence ? {} : { attempt: undefined, startedAt: undefined };
  return { ...slotOf(table, row, true), ...unknown, ...again };
}
