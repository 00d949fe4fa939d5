import type { LockAnswers, LockRow, LockWrite } from "../../protocol/lock.ts";
import type { QueryAnswers } from "../../protocol/query.ts";
import { decodeNameCursor, namedPage } from "../cursor.ts";
import { forgottenBefore, isFree, wasSetBack } from "../lease.ts";
import * as sql from "./lease.sql.ts";
import type { Reader } from "./reader.ts";
import { optionalText } from "./rows.ts";
import type { Row, Session } from "./session.ts";

type Of<T extends LockWrite["type"]> = Extract<LockWrite, { type: T }>;

export function acquire(
  session: Session,
  { name, ttlMs, holder, jobId, seen, now }: Of<"acquire">,
): LockAnswers["acquire"] {
  const { namespace, worker, book } = session;
  const known = session.sql(sql.lockByName).get(namespace, name) as Row | undefined;
  const by = known && lockRow(known);
  if (by !== undefined && !isFree(by, now)) {
    if (!wasSetBack(by, seen, now)) return { type: "taken", by };
    session.sql(sql.rebaseLock).run(now, namespace, name);
    return { type: "taken", by: { ...by, renewedAt: now } };
  }
  const fence = book.nextFence();
  session
    .sql(sql.takeLock)
    .run(namespace, name, fence, worker?.key ?? null, holder, jobId ?? null, now, now, ttlMs);
  return { type: "acquired", fence };
}

export function renew(session: Session, { leases, now }: Of<"renew">): LockAnswers["renew"] {
  const lost: number[] = [];
  const { namespace, worker } = session;
  leases.forEach(({ name, fence }, at) => {
    const statement = session.sql(sql.renewLock);
    const { changes } = statement.run(now, worker?.key ?? null, namespace, name, fence);
    if (changes === 0) lost.push(at);
  });
  return { lost };
}

export function release(session: Session, { leases }: Of<"release">): LockAnswers["release"] {
  const held = leases.map(({ name, fence }) => {
    return freed(session, session.sql(sql.releaseLock).run(session.namespace, name, fence));
  });
  return { held };
}

/** The worker is gone, and with it what it held. */
export function freeLocksOf(session: Session, worker: number): void {
  freed(session, session.sql(sql.freeLocksOf).run(worker));
}

/** The worker joins anew: until the next renewal its locks are nobody's. */
export function disownLocksOf(session: Session, worker: number): void {
  session.sql(sql.disownLocksOf).run(worker);
}

/** Deletes what nobody released and is free for long. */
export function forgetLocks(session: Session, now: number): void {
  session.sql(sql.forgetLocks).run(session.namespace, forgottenBefore(now));
}

export function lockRows(
  reader: Reader,
  cursor: string | undefined,
  limit: number,
): QueryAnswers["locks"] {
  const after = decodeNameCursor(cursor) ?? "";
  const rows = reader.sql(sql.locksAfter).all(reader.namespace, after, limit + 1) as Row[];
  return namedPage(rows.map(lockRow), limit, ({ name }) => name);
}

/** Whoever waits for a lock hears the bell, also in a runtime that never joined. */
function freed(session: Session, { changes }: { changes: number }): boolean {
  if (changes > 0) session.freedLocks = true;
  return changes > 0;
}

function lockRow(row: Row): LockRow {
  return {
    name: String(row.name),
    fence: Number(row.fence),
    holder: String(row.holder),
    jobId: optionalText(row.job),
    acquiredAt: Number(row.acquired_at),
    renewedAt: Number(row.renewed_at),
    ttlMs: Number(row.ttl_ms),
  };
}
