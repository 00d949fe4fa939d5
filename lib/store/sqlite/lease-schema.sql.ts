/**
 * Named locks. A row is held by its `fence` until `ttl_ms` after `renewed_at`, or until the worker
 * that owns it is gone; past that it is free, and stays until another takes it. `owner` is empty
 * for a runtime that never started.
 */
export const createLocks = `
CREATE TABLE locks (
  namespace INTEGER NOT NULL,
  name TEXT NOT NULL,
  fence INTEGER NOT NULL,
  owner INTEGER,
  holder TEXT NOT NULL,
  job TEXT,
  acquired_at INTEGER NOT NULL,
  renewed_at INTEGER NOT NULL,
  ttl_ms INTEGER NOT NULL,
  PRIMARY KEY (namespace, name),
  CHECK (fence > 0 AND ttl_ms > 0)
) STRICT, WITHOUT ROWID;
`;
