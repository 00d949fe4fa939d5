import type { AttemptOutcome, Execution, JobError } from "../../job/job.ts";
import { metaOf } from "../../job/meta.ts";
import type { RunTrigger } from "../../job/run.ts";
import type { JobState } from "../../job/state.ts";
import type { JobRow } from "../../protocol/query.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { list, optional, optionalText, textsOf } from "./rows.ts";
import type { Row } from "./session.ts";

export function jobRow(reader: Reader, id: string): JobRow | undefined {
  const row = reader.sql(read.jobById).get(id, reader.namespace) as Row | undefined;
  return row === undefined ? undefined : jobOf(reader, row);
}

/** In the order of `seqs`. */
export function jobRows(reader: Reader, seqs: readonly number[]): JobRow[] {
  const rows = reader.sql(read.jobsBySeqs).all(list(seqs), reader.namespace) as Row[];
  const bySeq = new Map(rows.map((row) => [Number(row.seq), row]));
  return seqs.flatMap((seq) => {
    const row = bySeq.get(seq);
    return row === undefined ? [] : [jobOf(reader, row)];
  });
}

function jobOf(reader: Reader, row: Row): JobRow {
  return {
    seq: Number(row.seq),
    id: String(row.id),
    name: String(row.name),
    queue: String(row.queue),
    state: String(row.state) as JobState,
    args: String(row.args),
    result: optionalText(row.result),
    priority: Number(row.priority),
    attempt: Number(row.attempt),
    maxAttempts: Number(row.max_attempts),
    runAt: Number(row.run_at),
    createdAt: Number(row.created_at),
    startedAt: optional(row.started_at),
    finishedAt: optional(row.finished_at),
    progress: optional(row.progress),
    checkIn: optionalText(row.check_in),
    checkInAt: optional(row.check_in_at),
    tags: textsOf(optionalText(row.tags)),
    errors: errorsOf(reader, Number(row.seq)),
    reason: optionalText(row.reason),
    fence: Number(row.fence),
    parent: optionalText(row.parent),
    depth: Number(row.depth),
    meta: metaOf(optionalText(row.meta)),
  };
}

function errorsOf(reader: Reader, seq: number): JobError[] {
  return attempts(reader, seq)
    .filter((row) => row.message !== null)
    .map((row) => ({
      at: Number(row.finished_at),
      attempt: Number(row.attempt),
      message: String(row.message),
      stack: optionalText(row.stack),
      worker: String(row.worker),
      fingerprint: String(row.fingerprint),
    }));
}

function attempts(reader: Reader, seq: number): Row[] {
  return reader.sql(read.attemptsOf).all(seq) as Row[];
}

/** The kept attempts, and the one that the row itself records: running now, or completed. */
export function executionsOf(reader: Reader, id: string): Execution[] | undefined {
  const row = reader.sql(read.executionRow).get(id, reader.namespace) as Row | undefined;
  if (row === undefined) return undefined;
  const executions = attempts(reader, Number(row.seq)).map(executionOf);
  if (row.state === "running" || row.state === "completed") executions.push(currentOf(row));
  return row.plan_at === null ? executions : executions.map((one) => ({ ...one, ...planOf(row) }));
}

function planOf(row: Row): Pick<Execution, "planAt" | "scheduleAt" | "trigger"> {
  const [planAt, scheduleAt] = [Number(row.plan_at), Number(row.schedule_at)];
  return { planAt, scheduleAt, trigger: String(row.trigger) as RunTrigger };
}

function executionOf(row: Row): Execution {
  const error = { message: String(row.message), stack: optionalText(row.stack) };
  return {
    attempt: Number(row.attempt),
    outcome: String(row.outcome) as AttemptOutcome,
    startedAt: optional(row.started_at),
    finishedAt: optional(row.finished_at),
    worker: String(row.worker),
    error: row.message === null ? undefined : error,
  };
}

function currentOf(row: Row): Execution {
  return {
    attempt: Number(row.attempt),
    outcome: String(row.state) as "running" | "completed",
    startedAt: optional(row.started_at),
    finishedAt: optional(row.finished_at),
    worker: optionalText(row.worker) ?? "",
    error: undefined,
  };
}
