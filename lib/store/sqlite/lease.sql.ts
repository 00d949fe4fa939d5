/** A constant a statement, as in `read.sql.ts` and `write.sql.ts`. */

const lockColumns = "name, fence, holder, job, acquired_at, renewed_at, ttl_ms";

export const lockByName = `SELECT ${lockColumns} FROM locks WHERE namespace = ? AND name = ?`;
export const locksAfter = `
SELECT ${lockColumns} FROM locks WHERE namespace = ? AND name > ? ORDER BY name LIMIT ?`;

/** Whoever held it was seen, in this transaction, to hold it no longer. */
export const takeLock = `
INSERT INTO locks (namespace, name, fence, owner, holder, job, acquired_at, renewed_at, ttl_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (namespace, name) DO UPDATE SET fence = excluded.fence, owner = excluded.owner,
  holder = excluded.holder, job = excluded.job, acquired_at = excluded.acquired_at,
  renewed_at = excluded.renewed_at, ttl_ms = excluded.ttl_ms`;
export const rebaseLock = "UPDATE locks SET renewed_at = ? WHERE namespace = ? AND name = ?";
export const renewLock = `
UPDATE locks SET renewed_at = ?, owner = ? WHERE namespace = ? AND name = ? AND fence = ?`;
export const releaseLock = "DELETE FROM locks WHERE namespace = ? AND name = ? AND fence = ?";
/** Few rows, and only when a worker goes: no index by owner is worth its upkeep. */
export const freeLocksOf = "DELETE FROM locks WHERE owner = ?";
export const disownLocksOf = "UPDATE locks SET owner = NULL WHERE owner = ?";
/** Of one namespace, each half a minute: no index by time either. */
export const forgetLocks = "DELETE FROM locks WHERE namespace = ? AND renewed_at + ttl_ms <= ?";
