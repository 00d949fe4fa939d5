import { limits } from "../../base/limits.ts";
import type { SlotRow, WorkerIdentity, WorkerRow } from "../../protocol/worker.ts";
import type { Lane } from "./book.ts";
import { definitions } from "./definitions.ts";
import { probeLock } from "./lock.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { optional, optionalText } from "./rows.ts";
import type { Row } from "./session.ts";

/** What the rows of all workers are made of. */
interface Facts {
  reader: Reader;
  lanes: readonly Lane[];
  /** By job name. */
  redact: ReadonlyMap<string, readonly string[]>;
  /** Of each name the queues that hold, or by definition get, its jobs. */
  queues: ReadonlyMap<string, ReadonlySet<string>>;
}

export function workerRows(reader: Reader): WorkerRow[] {
  const facts = factsOf(reader);
  const rows = reader.sql(read.workers).all(reader.namespace) as Row[];
  return rows.map((row) => workerRow(facts, row));
}

export function identityOf({ file }: Reader, row: Row): WorkerIdentity {
  const id = String(row.id);
  return {
    id,
    host: String(row.host),
    pid: Number(row.pid),
    version: String(row.version),
    leaseUntil: Number(row.lease_until),
    alive: probeLock(file, id),
    jobs: (JSON.parse(String(row.jobs)) as string[]).sort(),
    declared: optionalText(row.declared),
  };
}

function factsOf(reader: Reader): Facts {
  const lanes = reader.lanes();
  const known = definitions(reader);
  const queues = new Map<string, Set<string>>();
  for (const { name, queue } of [...known, ...lanes]) {
    queues.set(name, (queues.get(name) ?? new Set()).add(queue));
  }
  const redact = new Map(known.map((definition) => [definition.name, definition.redact ?? []]));
  return { reader, lanes, redact, queues };
}

function workerRow(facts: Facts, row: Row): WorkerRow {
  const { reader, queues } = facts;
  const key = Number(row.key);
  const identity = identityOf(reader, row);
  const own = identity.jobs.flatMap((name) => [...(queues.get(name) ?? [])]);
  const { lingering } = reader.sql(read.lingeringOf).get(key) as { lingering: number };
  return {
    ...identity,
    namespace: reader.namespaceName,
    concurrency: Number(row.concurrency),
    threads: Number(row.threads),
    startedAt: Number(row.started_at),
    queues: [...new Set(own)].sort(),
    running: sumOver(facts, read.runningCounts, "running", key),
    lingering,
    busy: sumOver(facts, read.busyCount, "busy", key) + lingering,
    slots: slotsOf(facts, key),
  };
}

function sumOver(facts: Facts, text: string, column: string, owner: number): number {
  let sum = 0;
  for (const lane of runningLanes(facts)) {
    sum += (facts.reader.sql(text).get(lane.key, owner) as Record<string, number>)[column] ?? 0;
  }
  return sum;
}

function runningLanes({ lanes }: Facts): Lane[] {
  return lanes.filter(({ counts }) => counts.running > 0);
}

/** The longest runs first; those that linger before all others. */
function slotsOf(facts: Facts, owner: number): SlotRow[] {
  const { reader } = facts;
  const most = limits.workerSlots;
  const lingering = reader.sql(read.lingeringSlots).all(limits.slotArgsBytes, owner, most);
  const running = runningLanes(facts).flatMap(({ key }) =>
    reader.sql(read.busySlots).all(limits.slotArgsBytes, key, owner, most),
  );
  const slots = (running as Row[]).map((row) => slotOf(facts, row, false));
  slots.sort((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0));
  return [...(lingering as Row[]).map((row) => slotOf(facts, row, true)), ...slots].slice(0, most);
}

function slotOf({ lanes, redact }: Facts, row: Row, lingering: boolean): SlotRow {
  const { name = "", queue = "" } = lanes.find(({ key }) => key === row.lane) ?? {};
  return {
    jobId: optionalText(row.id),
    name,
    queue,
    attempt: optional(row.attempt),
    args: optionalText(row.args),
    redact: redact.get(name) ?? [],
    startedAt: optional(row.started_at),
    progress: optional(row.progress),
    checkIn: optionalText(row.check_in),
    lingering,
  };
}
