import { fingerprintOfReason } from "../../job/fingerprint.ts";
import type { AttemptOutcome } from "../../job/job.ts";
import { deathKeptAs, type Outcome, type Settlement } from "../../job/outcome.ts";
import type { Duplicate, Entry, Follower, RunNote } from "../../protocol/write.ts";
import { boundless } from "../depth.ts";
import { enqueue } from "./enqueue.ts";
import { tellHook } from "./hooks.ts";
import { cease, linger } from "./linger.ts";
import { forgetProcess } from "./processes.ts";
import { keeping, type Row, type RowPatch } from "./row.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

/** Ends runs, each guarded by its fence; a late one moves nothing and enqueues nothing. */
export function settle(
  session: Session,
  settlements: readonly Settlement[],
  followers: readonly Follower[],
): { late: number[]; skipped: number[]; duplicates: Duplicate[] } {
  const late: number[] = [];
  const skipped: number[] = [];
  settlements.forEach((settlement, at) => {
    session.table.now = settlement.finishedAt;
    if (settlement.spawned === true) forgetProcess(session, settlement);
    const row = heldBy(session.table, settlement);
    if (row === undefined) {
      late.push(at);
      // What another hand had ended lingered until now.
      if (!settlement.lingers) cease(session.table, session.worker?.number, [settlement]);
      return;
    }
    if (settlement.lingers && settlement.outcome.type !== "completed") linger(session.table, row);
    const outcome = afterAsk(row, settlement.outcome);
    leave(session.table, row, settlement, outcome);
    if (outcome.type === "discarded" && outcome.skipDead === true) skipped.push(at);
  });
  const duplicates: Duplicate[] = [];
  followers.forEach(({ of, job }, at) => {
    const settlement = settlements[of];
    if (settlement === undefined || late.includes(of)) return;
    const [duplicate] = enqueue(session, [job], settlement.finishedAt, boundless).duplicates;
    if (duplicate !== undefined) duplicates.push({ ...duplicate, at });
  });
  for (const at of skipped) {
    const row = session.table.rows.get((settlements[at] as Settlement).seq);
    if (row !== undefined) session.table.delete(row);
  }
  return { late, skipped, duplicates };
}

/** The row, if this very run still owns it. */
function heldBy(table: Table, run: Settlement): Row | undefined {
  const row = runningRow(table, run);
  return row?.id === run.id && row.attempt === run.attempt ? row : undefined;
}

function runningRow(table: Table, run: { seq: number; fence: number }): Row | undefined {
  const row = table.rows.get(run.seq);
  return row?.state === "running" && row.fence === run.fence ? row : undefined;
}

/** An ask that the owner had not heard of still holds: only a completed run stays what it is. */
export function afterAsk(row: Row, outcome: Outcome): Outcome {
  if (row.ask === undefined || outcome.type === "completed") return outcome;
  const type = row.ask === "stop" ? "stopped" : "cancelled";
  const error = "error" in outcome ? outcome.error : undefined;
  const result = "result" in outcome ? outcome.result : undefined;
  return { type, reason: row.reason ?? "", error, result };
}

/** What every end of a run clears. */
export const left = { owner: undefined, ask: undefined, reason: undefined } as const;

/** What the end of a run that gives its attempt back sets. */
export function givenBack(row: Row): RowPatch {
  return { ...left, attempt: row.attempt - 1, startedAt: undefined };
}

type Times = { startedAt: number | undefined; finishedAt: number };

/** Ends one run as its outcome says. */
export function leave(table: Table, row: Row, times: Times, outcome: Outcome): void {
  const kept = keptAs(outcome);
  const error = "error" in outcome ? outcome.error : undefined;
  const { startedAt = row.startedAt, finishedAt } = times;
  const worker = workerOf(table, row);
  table.change(row, {
    ...(kept && keeping(row, kept, worker, { startedAt, finishedAt }, error)),
    ...patchOf(row, times, outcome),
    ...deathOf(outcome),
  });
}

/** The fingerprint of a death that no error explains. */
function deathOf(outcome: Outcome): RowPatch {
  if (outcome.type !== "discarded" || outcome.error !== undefined) return {};
  return { fingerprint: fingerprintOfReason("dead", outcome.reason) };
}

export function workerOf(table: Table, row: Row): string {
  return (row.owner === undefined ? undefined : table.workers.get(row.owner)?.id) ?? "";
}

function keptAs(outcome: Outcome): AttemptOutcome | undefined {
  switch (outcome.type) {
    case "completed":
    case "snoozed":
      return undefined;
    case "released":
      return outcome.entered ? "interrupted" : undefined;
    case "discarded":
      return deathKeptAs(outcome);
    case "failed":
    case "stopped":
    case "cancelled":
      return outcome.type;
    default:
      return outcome satisfies never;
  }
}

function patchOf(row: Row, { startedAt, finishedAt }: Times, outcome: Outcome): RowPatch {
  const ended = { ...left, suspect: false, startedAt, finishedAt };
  const failed = { ...ended, result: "result" in outcome ? outcome.result : undefined };
  switch (outcome.type) {
    case "completed":
      return { ...ended, state: "completed", result: outcome.result };
    case "failed":
      return { ...failed, state: "retryable", finishedAt: undefined, dueAt: outcome.runAt };
    case "snoozed":
      return { ...givenBack(row), state: "scheduled", suspect: false, dueAt: outcome.runAt };
    case "released":
      return { ...givenBack(row), state: "available" };
    case "discarded":
      return { ...failed, state: "dead", reason: outcome.reason };
    case "stopped":
    case "cancelled":
      return { ...failed, state: outcome.type, reason: outcome.reason };
    default:
      return outcome satisfies never;
  }
}

/** Marks runs as entered, from when a crash can suspect them. */
export function enter(table: Table, runs: readonly Entry[]): void {
  for (const run of runs) {
    const row = runningRow(table, run);
    if (row !== undefined) table.change(row, { startedAt: run.startedAt });
  }
}

export function note(table: Table, notes: readonly RunNote[]): void {
  for (const run of notes) {
    const row = runningRow(table, run);
    if (row === undefined) continue;
    const { progress = row.progress, checkIn = row.checkIn } = run;
    const checkInAt = run.checkIn === undefined ? row.checkInAt : run.at;
    table.change(row, { progress, checkIn, checkInAt });
    table.now = run.at;
    if (run.checkIn !== undefined) tellHook(table, row, "checkIn");
  }
}
