import { fingerprintOfReason } from "../../job/fingerprint.ts";
import type { JobId } from "../../job/job.ts";
import { isAllowed, isFinal, moves } from "../../job/state.ts";
import type { DeleteAnswer, EndAnswer, MovedJob, RetryAnswer } from "../../protocol/write.ts";
import { linger } from "./linger.ts";
import { keeping, type Row } from "./row.ts";
import { left, workerOf } from "./settle.ts";
import type { Table } from "./table.ts";

export interface End {
  move: "stop" | "cancel" | "discard";
  reason: string;
  now: number;
}

/** Stops, cancels or discards one job. A running one is asked; a discard ends it by its fence. */
export function end(table: Table, id: JobId, { move, reason, now }: End): EndAnswer {
  const row = table.byId.get(id);
  if (row === undefined) return { type: "unknown", id };
  if (!isAllowed(move, row.state)) return { type: "final", id, state: row.state };
  const running = row.state === "running";
  if (running && move !== "discard") return ask(table, row, move, reason);
  const times = { startedAt: row.startedAt, finishedAt: now };
  // Its handler is not over: nobody told it.
  if (running) linger(table, row);
  table.change(row, {
    ...left,
    ...(running && keeping(row, "discarded", workerOf(table, row), times, undefined)),
    fingerprint: fingerprintOfReason(moves[move].to, reason) ?? row.fingerprint,
    state: moves[move].to,
    reason,
    finishedAt: now,
    suspect: false,
  });
  return { type: "moved", ...named(row) };
}

/** A cancel overrides a stop: it is the stronger word. The first of two alike stands. */
function ask(table: Table, row: Row, move: "stop" | "cancel", reason: string): EndAnswer {
  if (row.ask === undefined || (row.ask === "stop" && move === "cancel")) {
    table.change(row, { ask: move, reason });
  }
  const { id, owner = 0, seq, fence } = row;
  return { type: "asked", id, worker: owner, seq, fence };
}

/** A final job starts over with its history kept; a waiting one runs now. */
export function retry(table: Table, id: JobId, now: number): RetryAnswer {
  const row = table.byId.get(id);
  if (row === undefined) return { type: "unknown", id };
  if (!isAllowed("retry", row.state)) return { type: "refused", id, state: row.state };
  const { unique } = row;
  const taken = isFinal(row.state) && unique && table.keys.take(unique.key, row, now);
  if (taken) return { type: "taken", id, by: taken.id };
  const over = {
    attempt: 0,
    startedAt: undefined,
    finishedAt: undefined,
    result: undefined,
    reason: undefined,
    crashes: 0,
    crashedAt: undefined,
  };
  table.change(row, { ...(isFinal(row.state) && over), state: "available", dueAt: now });
  table.runs.reopen(row);
  return { type: "moved", ...named(row) };
}

/** Deletes one job that is not running. */
export function remove(table: Table, id: JobId): DeleteAnswer {
  const row = table.byId.get(id);
  if (row === undefined) return { type: "unknown", id };
  if (row.state === "running") return { type: "running", id };
  table.keys.free(row);
  table.delete(row);
  return { type: "deleted", id };
}

/** Deletes waiting jobs of one queue, the oldest first, at most `limit`. */
export function purge(table: Table, queue: string, limit: number): { deleted: JobId[] } {
  const waiting = [...table.rows.values()].filter(
    (row) => row.queue === queue && row.state !== "running" && !isFinal(row.state),
  );
  const rows = waiting.slice(0, limit);
  for (const row of rows) {
    table.keys.free(row);
    table.delete(row);
  }
  return { deleted: rows.map(({ id }) => id) };
}

/** Makes available what is due, in order of due time and arrival. */
export function promote(
  table: Table,
  now: number,
  limit: number,
): { promoted: MovedJob[]; nextAt: number | undefined } {
  const promoted: MovedJob[] = [];
  let next = table.waiting.peek();
  while (next !== undefined && next.dueAt <= now && promoted.length < limit) {
    table.change(next, { state: "available" });
    promoted.push(named(next));
    next = table.waiting.peek();
  }
  return { promoted, nextAt: next?.dueAt };
}

function named({ id, name, queue }: Row): MovedJob {
  return { id, name, queue };
}
