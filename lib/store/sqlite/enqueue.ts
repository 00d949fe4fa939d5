import type { NewJob } from "../../job/job.ts";
import { type JobState, waitingStates } from "../../job/state.ts";
import type { Duplicate } from "../../protocol/write.ts";
import { type Room, roomOf } from "../depth.ts";
import { refusalOf, type Stretch, stretchesOf } from "../duplicate.ts";
import type { Lane } from "./book.ts";
import { freeKey, keyHolder, takeKey } from "./keys.ts";
import { meet } from "./meet.ts";
import * as read from "./read.sql.ts";
import { list, type MoveRow } from "./rows.ts";
import { recordRun } from "./runs.ts";
import type { Session, Value } from "./session.ts";
import * as write from "./write.sql.ts";

/** What one enqueue write carries along. */
interface Insertion {
  session: Session;
  jobs: readonly NewJob[];
  now: number;
  duplicates: Duplicate[];
}

/** Inserts what is new, in order, many rows a statement. Answers the others with what they met. */
export function enqueue(
  session: Session,
  jobs: readonly NewJob[],
  now: number,
  room = roomIn(session),
): { duplicates: Duplicate[] } {
  const insertion: Insertion = { session, jobs, now, duplicates: [] };
  for (const stretch of stretchesOf(jobs, room)) {
    const refusal = stretch.together ? refused(insertion, stretch, room) : undefined;
    if (refusal === undefined) insertStretch(insertion, stretch);
    else insertion.duplicates.push(...refusal);
  }
  return { duplicates: insertion.duplicates };
}

function refused(
  { session, jobs, now }: Insertion,
  stretch: Stretch,
  room: Room,
): Duplicate[] | undefined {
  return refusalOf(jobs, stretch, {
    has: (id) => session.sql(read.rowById).get(id, session.namespace) !== undefined,
    holderOf: (key) => keyHolder(session, key, now),
    room,
  });
}

function roomIn({ book }: Session): Room {
  return roomOf(book.queues(), (queue) => {
    let count = 0;
    for (const lane of book.lanes()) {
      if (lane.queue !== queue) continue;
      for (const state of waitingStates) count += lane.counts[state];
    }
    return count;
  });
}

/** By what a row has, statements differ: most have no parent, key, run, meta or hook. */
type Kind = keyof typeof statements;

const statements = {
  plain: { one: write.insertJob, chunk: write.insertJobChunk, width: write.newJobWidth },
  full: { one: write.insertFullJob, chunk: write.insertFullJobChunk, width: write.fullJobWidth },
  unique: { one: write.insertFullJob, chunk: write.insertFullJobChunk, width: write.fullJobWidth },
} as const;

function kindOf(job: NewJob): Kind {
  if (job.unique !== undefined) return "unique";
  const plain = job.parent === undefined && job.run === undefined;
  return plain && job.meta === undefined && job.hook === undefined ? "plain" : "full";
}

/** Neighbours of one kind go together, as many a statement as it takes. */
function insertStretch(insertion: Insertion, { from, until }: Stretch): void {
  const { jobs } = insertion;
  for (let start = from; start < until; ) {
    const kind = kindOf(jobs[start] as NewJob);
    let end = start + 1;
    while (end < until && kindOf(jobs[end] as NewJob) === kind) end++;
    for (; start + write.insertChunkRows <= end; start += write.insertChunkRows) {
      insertMany(insertion, kind, start, start + write.insertChunkRows);
    }
    for (; start < end; start++) insertMany(insertion, kind, start, start + 1);
  }
}

function insertMany(insertion: Insertion, kind: Kind, from: number, until: number): void {
  if (kind !== "unique") insertRows(insertion, kind, from, until, undefined);
  else if (until - from === 1) insertUnique(insertion, from);
  else insertUniques(insertion, from, until);
}

/**
 * The keys of a chunk are taken by one statement. Where one of them is held those taken are given
 * back and the jobs go one by one: what one meets may be its neighbour.
 */
function insertUniques(insertion: Insertion, from: number, until: number): void {
  const { session, jobs, now } = insertion;
  const seq = session.book.nextSeq(until - from);
  const values: Value[] = [];
  for (let at = from; at < until; at++) {
    values.push(session.namespace, keyOf(jobs[at]), seq + at - from);
  }
  const { changes } = session.sql(write.takeKeyChunk).run(...values, now);
  if (changes === until - from) return insertRows(insertion, "unique", from, until, seq);
  const keys = list(jobs.slice(from, until).map(keyOf));
  session.sql(write.giveBackKeys).run(session.namespace, keys, seq);
  for (let at = from; at < until; at++) insertUnique(insertion, at);
}

/** Takes the key, then inserts the row: a look before would be true no longer when it is used. */
function insertUnique(insertion: Insertion, at: number): void {
  const { session, jobs, now, duplicates } = insertion;
  const job = jobs[at] as NewJob;
  const seq = session.book.nextSeq(1);
  const holder = takeKey(session, keyOf(job), seq, now);
  if (holder === undefined) return insertRows(insertion, "unique", at, at + 1, seq);
  const present = session.sql(read.rowById).get(job.id, session.namespace) as MoveRow | undefined;
  if (present !== undefined) {
    duplicates.push({ type: "duplicate", at, id: job.id, state: present.state as JobState });
    return;
  }
  const duplicate = meet(session, job, holder, { at, seq, now });
  if (duplicate === undefined) insertRows(insertion, "unique", at, at + 1, seq);
  else duplicates.push(duplicate);
}

/**
 * Inserts rows by one statement. Where fewer than asked were inserted, they are looked through for
 * the ids that were there already; a key that such a one has just taken is free again.
 */
function insertRows(
  { session, jobs, now, duplicates }: Insertion,
  kind: Kind,
  from: number,
  until: number,
  firstSeq: number | undefined,
): void {
  const count = until - from;
  const seq = firstSeq ?? session.book.nextSeq(count);
  const { one, chunk, width } = statements[kind];
  const values: Value[] = new Array(count * width);
  const lanes: Lane[] = [];
  for (let index = 0; index < count; index++) {
    const job = jobs[from + index] as NewJob;
    const lane = session.book.lane(job.queue, job.name);
    lanes.push(lane);
    const place = { namespace: session.namespace, seq: seq + index, lane: lane.key };
    fillRow(values, index * width, place, job, now);
    if (kind !== "plain") fillRest(values, index * width + write.newJobWidth, job, now);
  }
  const { changes } = session.sql(count === 1 ? one : chunk).run(...values);
  for (let index = 0; index < count; index++) {
    const job = jobs[from + index] as NewJob;
    const state = changes === count ? undefined : stateOfTaken(session, job, seq + index);
    if (state === undefined) {
      session.book.shift(lanes[index] as Lane, undefined, initialState(job, now));
      if (job.run !== undefined) recordRun(session, job.run, job.name, { job: seq + index });
      continue;
    }
    duplicates.push({ type: "duplicate", at: from + index, id: job.id, state });
    if (kind === "unique") freeKey(session, keyOf(job), seq + index);
  }
}

/** The state of the job that had the id before, undefined where it is new. */
function stateOfTaken(session: Session, job: NewJob, seq: number): JobState | undefined {
  const row = session.sql(read.rowById).get(job.id, session.namespace) as MoveRow;
  return row.seq === seq ? undefined : (row.state as JobState);
}

interface Place {
  namespace: number;
  seq: number;
  lane: number;
}

function fillRow(values: Value[], from: number, place: Place, job: NewJob, now: number): void {
  values[from] = place.seq;
  values[from + 1] = place.namespace;
  values[from + 2] = job.id;
  values[from + 3] = place.lane;
  values[from + 4] = initialState(job, now);
  values[from + 5] = job.priority;
  values[from + 6] = job.runAt ?? now;
  values[from + 7] = job.maxAttempts;
  values[from + 8] = now;
  values[from + 9] = job.args;
  values[from + 10] = job.timeoutMs ?? null;
  values[from + 11] = job.tags === undefined ? null : JSON.stringify(job.tags);
}

/** A period is stored as when it is over. */
function fillRest(values: Value[], from: number, job: NewJob, now: number): void {
  const { key = null, until = null } = job.unique ?? {};
  values[from] = job.parent ?? null;
  values[from + 1] = job.depth;
  values[from + 2] = key;
  values[from + 3] = typeof until === "number" ? now + until : until;
  values[from + 4] = job.run === undefined ? 0 : 1;
  values[from + 5] = job.meta ?? null;
  values[from + 6] = job.hook ?? null;
}

function keyOf(job: NewJob | undefined): string {
  return job?.unique?.key ?? "";
}

function initialState(job: NewJob, now: number): "available" | "scheduled" {
  return job.runAt !== undefined && job.runAt > now ? "scheduled" : "available";
}
