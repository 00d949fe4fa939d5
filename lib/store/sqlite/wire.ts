import type { ClaimedJob, NewJob } from "../../job/job.ts";
import type { Settlement } from "../../job/outcome.ts";
import type { ClaimAnswer, Write, WriteAnswer } from "../../protocol/write.ts";
import { type Packed, pack, table, unpack } from "./columns.ts";

/**
 * What crosses the port between host and writer: the lists of the hot path travel as columns, all
 * else as it is.
 */
export type WireWrite =
  | Exclude<Write, { type: "enqueue" | "settle" }>
  | { type: "enqueue"; packed: Packed; now: number }
  | (Omit<Extract<Write, { type: "settle" }>, "settlements"> & { packed: Packed });

export type WireAnswer = WriteAnswer | (Omit<ClaimAnswer, "jobs"> & { packed: Packed });

export function packWrite(write: Write): WireWrite {
  switch (write.type) {
    case "enqueue":
      return { type: "enqueue", packed: pack(write.jobs, newJobs), now: write.now };
    case "settle": {
      const { followers } = write;
      return { type: "settle", packed: pack(write.settlements, settlements), followers };
    }
    default:
      return write;
  }
}

export function unpackWrite(wire: WireWrite): Write {
  switch (wire.type) {
    case "enqueue":
      return { type: "enqueue", jobs: unpack(wire.packed, newJobs), now: wire.now };
    case "settle": {
      const { followers } = wire;
      return { type: "settle", settlements: unpack(wire.packed, settlements), followers };
    }
    default:
      return wire;
  }
}

export function packAnswer(answer: WriteAnswer): WireAnswer {
  if (answer === undefined || !("jobs" in answer)) return answer;
  const { jobs, ...rest } = answer;
  return { ...rest, packed: pack(jobs, claimedJobs) };
}

export function unpackAnswer(wire: WireAnswer): WriteAnswer {
  if (wire === undefined || !("packed" in wire)) return wire;
  const { packed, ...rest } = wire;
  return { ...rest, jobs: unpack(packed, claimedJobs) };
}

const newJobs = table<NewJob>(
  {
    id: (job) => job.id,
    name: (job) => job.name,
    queue: (job) => job.queue,
    args: (job) => job.args,
    priority: (job) => job.priority,
    runAt: (job) => job.runAt,
    maxAttempts: (job) => job.maxAttempts,
    timeoutMs: (job) => job.timeoutMs,
    tags: (job) => job.tags,
    unique: (job) => job.unique,
    meta: (job) => job.meta,
    hook: (job) => job.hook,
    parent: (job) => job.parent,
    depth: (job) => job.depth,
    withPrevious: (job) => job.withPrevious,
    run: (job) => job.run,
  },
  (values, at) => ({
    id: values.id[at] as string,
    name: values.name[at] as string,
    queue: values.queue[at] as string,
    args: values.args[at] as string,
    priority: values.priority[at] as number,
    runAt: values.runAt[at],
    maxAttempts: values.maxAttempts[at] as number,
    timeoutMs: values.timeoutMs[at],
    tags: values.tags[at],
    unique: values.unique[at],
    meta: values.meta[at],
    hook: values.hook[at],
    parent: values.parent[at],
    depth: values.depth[at] as number,
    withPrevious: values.withPrevious[at] as boolean,
    run: values.run[at],
  }),
);

const claimedJobs = table<ClaimedJob>(
  {
    seq: (job) => job.seq,
    lane: (job) => job.lane,
    id: (job) => job.id,
    name: (job) => job.name,
    queue: (job) => job.queue,
    args: (job) => job.args,
    bytes: (job) => job.bytes,
    attempt: (job) => job.attempt,
    maxAttempts: (job) => job.maxAttempts,
    fence: (job) => job.fence,
    timeoutMs: (job) => job.timeoutMs,
    runAt: (job) => job.runAt,
    suspect: (job) => job.suspect,
    ahead: (job) => job.ahead,
    tags: (job) => job.tags,
    unique: (job) => job.unique,
    meta: (job) => job.meta,
    hooked: (job) => job.hooked,
    depth: (job) => job.depth,
    schedule: (job) => job.schedule,
  },
  (values, at) => ({
    seq: values.seq[at] as number,
    lane: values.lane[at] as number,
    id: values.id[at] as string,
    name: values.name[at] as string,
    queue: values.queue[at] as string,
    args: values.args[at] as string,
    bytes: values.bytes[at] as number,
    attempt: values.attempt[at] as number,
    maxAttempts: values.maxAttempts[at] as number,
    fence: values.fence[at] as number,
    timeoutMs: values.timeoutMs[at],
    runAt: values.runAt[at] as number,
    suspect: values.suspect[at] as boolean,
    ahead: values.ahead[at] as boolean,
    tags: values.tags[at],
    unique: values.unique[at] as boolean,
    meta: values.meta[at],
    hooked: values.hooked[at] as boolean,
    depth: values.depth[at] as number,
    schedule: values.schedule[at],
  }),
);

const settlements = table<Settlement>(
  {
    seq: (one) => one.seq,
    lane: (one) => one.lane,
    bytes: (one) => one.bytes,
    id: (one) => one.id,
    attempt: (one) => one.attempt,
    fence: (one) => one.fence,
    startedAt: (one) => one.startedAt,
    finishedAt: (one) => one.finishedAt,
    outcome: toldOutcome,
    lingers: (one) => one.lingers,
    spawned: (one) => one.spawned,
    unique: (one) => one.unique,
    hooked: (one) => one.hooked,
  },
  (values, at) => ({
    seq: values.seq[at] as number,
    lane: values.lane[at] as number,
    bytes: values.bytes[at] as number,
    id: values.id[at] as string,
    attempt: values.attempt[at] as number,
    fence: values.fence[at] as number,
    startedAt: values.startedAt[at],
    finishedAt: values.finishedAt[at] as number,
    outcome: values.outcome[at] ?? completed,
    lingers: values.lingers[at],
    spawned: values.spawned[at],
    unique: values.unique[at] as boolean,
    hooked: values.hooked[at] as boolean,
  }),
);

const completed = Object.freeze({ type: "completed", result: undefined });

/** The usual outcome, completed without a result, is told by its absence. */
function toldOutcome({ outcome }: Settlement): Settlement["outcome"] {
  const usual = outcome.type === "completed" && outcome.result === undefined;
  return (usual ? undefined : outcome) as Settlement["outcome"];
}
