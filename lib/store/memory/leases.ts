import type { HeldLock, LockAnswers, LockRow, LockWrite } from "../../protocol/lock.ts";
import type { QueryAnswers } from "../../protocol/query.ts";
import { decodeNameCursor, namedPage } from "../cursor.ts";
import { forgottenBefore, isFree, wasSetBack } from "../lease.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

/** A lock with the number of the worker whose end frees it. */
export interface OwnedLock extends LockRow {
  owner: number | undefined;
}

type Of<T extends LockWrite["type"]> = Extract<LockWrite, { type: T }>;

export function acquire(
  { table, counters, worker }: Session,
  { name, ttlMs, holder, jobId, seen, now }: Of<"acquire">,
): LockAnswers["acquire"] {
  const known = table.locks.get(name);
  if (known !== undefined && !isFree(known, now)) {
    if (wasSetBack(known, seen, now)) known.renewedAt = now;
    return { type: "taken", by: rowOf(known) };
  }
  const fence = ++counters.fence;
  const times = { acquiredAt: now, renewedAt: now, ttlMs };
  table.locks.set(name, { name, fence, holder, jobId, ...times, owner: worker?.number });
  return { type: "acquired", fence };
}

export function renew(
  { table, worker }: Session,
  { leases, now }: Of<"renew">,
): LockAnswers["renew"] {
  const lost: number[] = [];
  leases.forEach((lease, at) => {
    const lock = heldBy(table, lease);
    if (lock === undefined) lost.push(at);
    else Object.assign(lock, { renewedAt: now, owner: worker?.number });
  });
  return { lost };
}

export function release(table: Table, { leases }: Of<"release">): LockAnswers["release"] {
  const held = leases.map((lease) => {
    const lock = heldBy(table, lease);
    if (lock === undefined) return false;
    free(table, lock);
    return true;
  });
  return { held };
}

/** The worker is gone, and with it what it held. */
export function freeAll(table: Table, owner: number): void {
  for (const lock of table.locks.values()) if (lock.owner === owner) free(table, lock);
}

/** The worker joins anew: until the next renewal its locks are nobody's. */
export function disownAll(table: Table, owner: number): void {
  for (const lock of table.locks.values()) if (lock.owner === owner) lock.owner = undefined;
}

/** Deletes what nobody released and is free for long. */
export function forgetLocks(table: Table, now: number): void {
  for (const lock of table.locks.values()) {
    if (isFree(lock, forgottenBefore(now))) table.locks.delete(lock.name);
  }
}

export function lockRows(
  table: Table,
  cursor: string | undefined,
  limit: number,
): QueryAnswers["locks"] {
  const after = decodeNameCursor(cursor);
  const names = [...table.locks.keys()].filter((name) => isAfter(name, after)).sort(byBytes);
  const { items, next } = namedPage(names, limit, (name) => name);
  return { items: items.map((name) => rowOf(table.locks.get(name) as OwnedLock)), next };
}

function heldBy(table: Table, { name, fence }: HeldLock): OwnedLock | undefined {
  const lock = table.locks.get(name);
  return lock?.fence === fence ? lock : undefined;
}

function free(table: Table, { name }: LockRow): void {
  table.locks.delete(name);
  table.changes++;
}

function rowOf({ owner: _owner, ...row }: OwnedLock): LockRow {
  return row;
}

function isAfter(name: string, after: string | undefined): boolean {
  return after === undefined || byBytes(name, after) > 0;
}

/** As databases compare texts; JavaScript compares UTF-16 units, which differ past U+FFFF. */
function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
