import type { JobId } from "../../job/job.ts";
import type { Settlement } from "../../job/outcome.ts";
import { isFinal, type JobState } from "../../job/state.ts";
import * as read from "./read.sql.ts";
import { list, type MoveRow } from "./rows.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

/** Unique keys: a row each while it is held. All of it happens in the transaction of the move. */

/** Who holds a key. */
export interface Holder {
  seq: number;
  id: JobId;
  /** Where its job ended: as it ended. */
  state: JobState;
  /** Its job; undefined where it ended and only the key's period goes on. */
  row: MoveRow | undefined;
}

interface KeyRow {
  job: number;
  /** These three only where the job ended. */
  expires_at: number | null;
  id: JobId | null;
  ended: JobState | null;
}

/**
 * Takes a key for the job with that number; what it held itself and what has expired by `now` is
 * taken over by the same statement. Where another holds it nothing changes and that one is
 * answered.
 */
export function takeKey(
  session: Session,
  key: string,
  seq: number,
  now: number,
): Holder | undefined {
  const { changes } = session.sql(write.takeKey).run(session.namespace, key, seq, now);
  if (changes === 1) return undefined;
  const row = session.sql(read.keyRow).get(session.namespace, key) as KeyRow;
  const holder = holderOf(session, row);
  // Its job was deleted or ended by hand, past Ergate: nobody else would ever free the key.
  if (holder === undefined) giveKey(session, key, seq);
  return holder;
}

/** Who holds a key at that time. */
export function keyHolder(session: Session, key: string, now: number): Holder | undefined {
  const row = session.sql(read.keyRow).get(session.namespace, key) as KeyRow | undefined;
  if (row === undefined || (row.expires_at !== null && row.expires_at <= now)) return undefined;
  return holderOf(session, row);
}

function holderOf(session: Session, { job, expires_at, id, ended }: KeyRow): Holder | undefined {
  if (expires_at !== null)
    return { seq: job, id: id ?? "", state: ended ?? "completed", row: undefined };
  const row = session.sql(read.rowBySeq).get(job) as MoveRow | undefined;
  const state = row?.state as JobState;
  return row === undefined || isFinal(state) ? undefined : { seq: job, id: row.id, state, row };
}

/** The key is that job's from now on, whoever had it. */
export function giveKey(session: Session, key: string, seq: number): void {
  session.sql(write.giveKey).run(seq, session.namespace, key);
}

/** Frees a key that this job holds; another's stays. */
export function freeKey(session: Session, key: string, seq: number): void {
  session.sql(write.freeKey).run(session.namespace, key, seq);
}

type Ended = Pick<MoveRow, "seq" | "id" | "unique_key" | "unique_until">;

/** A job is final: its key is free, or goes on for the rest of its period. */
export function endKey(session: Session, row: Ended, state: JobState, now: number): void {
  const { seq, id, unique_key: key, unique_until: until } = row;
  if (key === null) return;
  if (typeof until !== "number" || until <= now) return freeKey(session, key, seq);
  session.sql(write.restKey).run(until, id, state, session.namespace, key, seq);
}

/** The same for those of several completed runs whose jobs have a key. */
export function endKeys(session: Session, completed: readonly Settlement[], now: number): void {
  const seqs = completed.filter(({ unique }) => unique).map(({ seq }) => seq);
  if (seqs.length === 0) return;
  for (const row of keysOf(session, seqs)) endKey(session, row, "completed", now);
}

/** Jobs are claimed that hold their keys until then. */
export function freeKeys(session: Session, seqs: readonly number[]): void {
  if (seqs.length === 0) return;
  for (const { unique_key, seq } of keysOf(session, seqs)) {
    if (unique_key !== null) freeKey(session, unique_key, seq);
  }
}

function keysOf(session: Session, seqs: readonly number[]): Ended[] {
  return session.sql(read.keysOfJobs).all(list(seqs)) as unknown as Ended[];
}

/** Drops keys whose period is over, at most `limit`; returns how many. */
export function expireKeys(session: Session, now: number, limit: number): number {
  if (limit <= 0) return 0;
  const { namespace } = session;
  return session.sql(write.expireKeys).run(namespace, namespace, now, limit).changes;
}
