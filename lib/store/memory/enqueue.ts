import type { NewJob } from "../../job/job.ts";
import { isFinal, waitingStates } from "../../job/state.ts";
import type { Unique } from "../../job/unique.ts";
import type { Duplicate } from "../../protocol/write.ts";
import { type Room, roomOf } from "../depth.ts";
import { refusalOf, type Stretch, stateMovedTo, stretchesOf } from "../duplicate.ts";
import type { Holding } from "./keys.ts";
import { newRow, type Row } from "./row.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

/** Inserts what is new, in order. Answers the others with what they met. */
export function enqueue(
  session: Session,
  jobs: readonly NewJob[],
  now: number,
  room = roomIn(session.table),
): { duplicates: Duplicate[] } {
  const duplicates: Duplicate[] = [];
  for (const stretch of stretchesOf(jobs, room)) {
    const refusal = stretch.together ? refused(session, jobs, stretch, { now, room }) : undefined;
    if (refusal !== undefined) duplicates.push(...refusal);
    else {
      for (let at = stretch.from; at < stretch.until; at++) {
        const duplicate = insert(session, jobs[at] as NewJob, at, now);
        if (duplicate !== undefined) duplicates.push(duplicate);
      }
    }
  }
  return { duplicates };
}

function roomIn(table: Table): Room {
  return roomOf(table.queues.values(), (queue) => {
    const { counts } = table.queue(queue);
    return waitingStates.reduce((sum, state) => sum + counts[state], 0);
  });
}

function refused(
  { table }: Session,
  jobs: readonly NewJob[],
  stretch: Stretch,
  { now, room }: { now: number; room: Room },
): Duplicate[] | undefined {
  return refusalOf(jobs, stretch, {
    room,
    has: (id) => table.byId.has(id),
    holderOf(key) {
      const holding = table.keys.holderOf(key, now);
      return holding && { id: holding.id, state: stateOf(table, holding) };
    },
  });
}

function insert(session: Session, job: NewJob, at: number, now: number): Duplicate | undefined {
  const { table, counters } = session;
  const present = table.byId.get(job.id);
  if (present !== undefined) return { type: "duplicate", at, id: job.id, state: present.state };
  const row = newRow(job, ++counters.seq, now);
  const { unique } = job;
  if (unique !== undefined) {
    const holding = table.keys.take(unique.key, row, now);
    const met = holding && meet(table, { job, unique, row }, holding, at, now);
    if (met !== undefined) return met;
  }
  table.insert(row);
  if (job.run !== undefined) table.runs.begin(job.run, row);
  return undefined;
}

/** What a job whose key is held comes to; undefined: it holds the key now, and is inserted. */
function meet(
  table: Table,
  { job, unique, row }: { job: NewJob; unique: Unique; row: Row },
  holding: Holding,
  at: number,
  now: number,
): Duplicate | undefined {
  const { id } = holding;
  const state = stateOf(table, holding);
  if (unique.onConflict === "reject") return { type: "rejected", at, id };
  const holder = table.rows.get(holding.seq);
  if (unique.onConflict === "keep" || holder === undefined || isFinal(state)) {
    return { type: "duplicate", at, id, state };
  }
  if (state === "running") {
    table.keys.give(unique.key, row);
    return undefined;
  }
  if (!unique.moveTime) {
    table.change(holder, { args: job.args });
    return { type: "replaced", at, id, state, moved: undefined };
  }
  const runAt = job.runAt ?? now;
  const next = stateMovedTo(state, runAt, now);
  table.change(holder, { args: job.args, state: next, dueAt: runAt });
  return { type: "replaced", at, id, state: next, moved: { queue: holder.queue, runAt } };
}

/** The holder's state, also where its job ended and is gone. */
function stateOf(table: Table, { seq, rest }: Holding) {
  return rest?.ended ?? table.rows.get(seq)?.state ?? "completed";
}
