import type { NewJob } from "../../job/job.ts";
import type { JobState } from "../../job/state.ts";
import type { WriteAnswers } from "../../protocol/write.ts";
import type { Lane } from "./book.ts";
import * as read from "./read.sql.ts";
import type { MoveRow } from "./rows.ts";
import type { Session, Value } from "./session.ts";
import * as write from "./write.sql.ts";

const rowWidth = 12;

/**
 * Inserts jobs, many rows a statement. Where fewer rows than asked were inserted, the chunk is
 * looked through for the ids that were there already.
 */
export function enqueue(
  session: Session,
  jobs: readonly NewJob[],
  now: number,
): WriteAnswers["enqueue"] {
  const duplicates: { at: number; state: JobState }[] = [];
  for (let from = 0; from < jobs.length; from += write.insertChunkRows) {
    const chunk = jobs.slice(from, from + write.insertChunkRows);
    if (chunk.length === write.insertChunkRows) insertChunk(session, chunk, from, now, duplicates);
    else chunk.forEach((job, at) => void insertChunk(session, [job], from + at, now, duplicates));
  }
  return { duplicates };
}

function insertChunk(
  session: Session,
  chunk: readonly NewJob[],
  offset: number,
  now: number,
  duplicates: { at: number; state: JobState }[],
): void {
  const seq = session.book.nextSeq(chunk.length);
  const values: Value[] = new Array(chunk.length * rowWidth);
  const lanes: Lane[] = [];
  chunk.forEach((job, at) => {
    const lane = session.book.lane(job.queue, job.name);
    lanes.push(lane);
    fillRow(values, at * rowWidth, session.namespace, seq + at, lane.key, job, now);
  });
  const text = chunk.length === 1 ? write.insertJob : write.insertJobChunk;
  const { changes } = session.sql(text).run(...values);
  const taken = changes === chunk.length ? undefined : stateOfTaken(session, chunk, seq);
  chunk.forEach((job, at) => {
    const state = taken?.[at];
    if (state === undefined) {
      session.book.shift(lanes[at] as Lane, undefined, initialState(job, now));
    } else {
      duplicates.push({ at: offset + at, state });
    }
  });
}

/**
 * By place in the chunk: the state of the job that had the id before, undefined where it is new.
 */
function stateOfTaken(
  session: Session,
  chunk: readonly NewJob[],
  seq: number,
): (JobState | undefined)[] {
  return chunk.map((job, at) => {
    const row = session.sql(read.rowById).get(job.id, session.namespace) as MoveRow;
    return row.seq === seq + at ? undefined : (row.state as JobState);
  });
}

function fillRow(
  values: Value[],
  from: number,
  namespace: number,
  seq: number,
  lane: number,
  job: NewJob,
  now: number,
): void {
  values[from] = seq;
  values[from + 1] = namespace;
  values[from + 2] = job.id;
  values[from + 3] = lane;
  values[from + 4] = initialState(job, now);
  values[from + 5] = job.priority;
  values[from + 6] = job.runAt ?? now;
  values[from + 7] = job.maxAttempts;
  values[from + 8] = now;
  values[from + 9] = job.args;
  values[from + 10] = job.timeoutMs ?? null;
  values[from + 11] = job.tags === undefined ? null : JSON.stringify(job.tags);
}

function initialState(job: NewJob, now: number): "available" | "scheduled" {
  return job.runAt !== undefined && job.runAt > now ? "scheduled" : "available";
}
