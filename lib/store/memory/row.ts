import type { HeapEntry } from "../../base/heap.ts";
import { limits } from "../../base/limits.ts";
import { fingerprintOf } from "../../job/fingerprint.ts";
import type { AttemptOutcome, Execution, JobError, JobId, NewJob } from "../../job/job.ts";
import { metaOf } from "../../job/meta.ts";
import type { RunError } from "../../job/outcome.ts";
import type { JobState } from "../../job/state.ts";
import type { JobRow } from "../../protocol/query.ts";

/** A job as this storage holds it. Only `Table` changes one, so that its indexes follow. */
export interface Row {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number | undefined;
  readonly createdAt: number;
  readonly tags: readonly string[];
  readonly parent: JobId | undefined;
  readonly depth: number;
  /** JSON text, as `hook`. */
  readonly meta: string | undefined;
  hook: string | undefined;
  /** `until` of a period: when it is over. */
  readonly unique: { key: string; until: "done" | "started" | number } | undefined;
  args: string;
  state: JobState;
  attempt: number;
  dueAt: number;
  fence: number;
  /** The worker's number, while it runs. */
  owner: number | undefined;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  result: string | undefined;
  /** While it runs: the ask's. */
  reason: string | undefined;
  ask: "stop" | "cancel" | undefined;
  progress: number | undefined;
  checkIn: string | undefined;
  checkInAt: number | undefined;
  suspect: boolean;
  crashes: number;
  crashedAt: number | undefined;
  kept: readonly Kept[];
  /** Of its last error, or of the reason of a death without one. */
  fingerprint: string | undefined;
  /** Its place in the one heap that holds it: available and waiting rows have one. */
  entry: HeapEntry<Row> | undefined;
}

/** What may change in a row. */
export type RowPatch = Partial<
  Omit<
    Row,
    | "seq"
    | "id"
    | "name"
    | "queue"
    | "priority"
    | "maxAttempts"
    | "timeoutMs"
    | "createdAt"
    | "tags"
    | "parent"
    | "depth"
    | "meta"
    | "unique"
    | "entry"
  >
>;

/** An attempt that is kept beside its job. */
export interface Kept extends Execution {
  outcome: AttemptOutcome;
  finishedAt: number;
  /** Of its error. */
  fingerprint: string | undefined;
}

export function newRow(job: NewJob, seq: number, now: number): Row {
  const { unique } = job;
  const until = typeof unique?.until === "number" ? now + unique.until : unique?.until;
  return {
    seq,
    id: job.id,
    name: job.name,
    queue: job.queue,
    args: job.args,
    priority: job.priority,
    maxAttempts: job.maxAttempts,
    timeoutMs: job.timeoutMs,
    createdAt: now,
    tags: job.tags ?? [],
    parent: job.parent,
    depth: job.depth,
    meta: job.meta,
    hook: job.hook,
    unique: unique && { key: unique.key, until: until ?? "done" },
    state: (job.runAt ?? now) > now ? "scheduled" : "available",
    attempt: 0,
    dueAt: job.runAt ?? now,
    fence: 0,
    owner: undefined,
    startedAt: undefined,
    finishedAt: undefined,
    result: undefined,
    reason: undefined,
    ask: undefined,
    progress: undefined,
    checkIn: undefined,
    checkInAt: undefined,
    suspect: false,
    crashes: 0,
    crashedAt: undefined,
    kept: [],
    fingerprint: undefined,
    entry: undefined,
  };
}

/** The order of claims within a queue. */
export function claimedBefore(one: Row, other: Row): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority;
  return dueBefore(one, other);
}

/** The order of promotions. */
export function dueBefore(one: Row, other: Row): boolean {
  return one.dueAt === other.dueAt ? one.seq < other.seq : one.dueAt < other.dueAt;
}

/** A row's kept attempts with one more (the oldest give way), and what its error is of. */
export function keeping(
  row: Row,
  outcome: AttemptOutcome,
  worker: string,
  times: { startedAt: number | undefined; finishedAt: number },
  error: RunError | undefined,
): Pick<Row, "kept" | "fingerprint"> {
  const { attempt } = row;
  const { startedAt, finishedAt } = times;
  const fingerprint = error && fingerprintOf(error);
  const kept = { attempt, outcome, startedAt, finishedAt, worker, error, fingerprint };
  return {
    kept: [...row.kept, kept].slice(-limits.attemptsKept),
    fingerprint: fingerprint ?? row.fingerprint,
  };
}

/** Bytes that a final job counts against retention. */
export function bytesOf(row: Row): number {
  let bytes = Buffer.byteLength(row.args) + Buffer.byteLength(row.result ?? "");
  for (const { error } of row.kept) {
    bytes += Buffer.byteLength(error?.message ?? "") + Buffer.byteLength(error?.stack ?? "");
  }
  return bytes;
}

export function jobRowOf(row: Row): JobRow {
  const { seq, id, name, queue, state, args, result, priority, attempt, maxAttempts } = row;
  const { createdAt, startedAt, finishedAt, progress, checkIn, tags, reason, fence } = row;
  const { parent, depth, checkInAt } = row;
  return {
    ...{ seq, id, name, queue, state, args, result, priority, attempt, maxAttempts },
    ...{ createdAt, startedAt, finishedAt, progress, checkIn, tags, reason, fence },
    ...{ parent, depth, checkInAt },
    meta: metaOf(row.meta),
    runAt: row.dueAt,
    errors: errorsOf(row),
  };
}

function errorsOf(row: Row): JobError[] {
  return row.kept.flatMap(({ error, finishedAt, attempt, worker, fingerprint = "" }) =>
    error === undefined ? [] : [{ at: finishedAt, attempt, ...error, worker, fingerprint }],
  );
}
