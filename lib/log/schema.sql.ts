/**
 * Marks a file as an Ergate log, whatever its name. `next_no` numbers chunks and is never reused.
 */
export const createFile = `
  CREATE TABLE ergate_log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    next_no INTEGER NOT NULL
  ) STRICT`;

/** One row a namespace, with the bytes it holds: never summed over the chunks. */
export const createSpaces = `
  CREATE TABLE log_space (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL CHECK (bytes >= 0)
  ) STRICT`;

/** The body stands last, so that pruning reads none of its pages. */
export const createChunks = `
  CREATE TABLE log_chunk (
    no INTEGER PRIMARY KEY,
    space INTEGER NOT NULL REFERENCES log_space (id),
    job TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    lines INTEGER NOT NULL CHECK (lines > 0),
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    body TEXT NOT NULL
  ) STRICT`;

/**
 * The attempt stands behind the number: a job's lines are read in the order of writing whether one
 * attempt is asked for or all, and a job that was retried by hand counts its attempts anew.
 */
export const createJobIndex = "CREATE INDEX log_chunk_job ON log_chunk (space, job, no, attempt)";

/** Ends in the row's number, as every index does: the oldest of a namespace come first. */
export const createAgeIndex = "CREATE INDEX log_chunk_age ON log_chunk (space)";

/**
 * Jobs that were deleted of late: a process that is behind may still bring lines of them. Files of
 * the first days have no such table yet.
 */
export const createForgotten = `
  CREATE TABLE IF NOT EXISTS log_forgotten (
    space INTEGER NOT NULL REFERENCES log_space (id),
    job TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (space, job)
  ) STRICT, WITHOUT ROWID`;

export const createForgottenIndex =
  "CREATE INDEX IF NOT EXISTS log_forgotten_at ON log_forgotten (at)";

export const insertFile = "INSERT INTO ergate_log (id, version, next_no) VALUES (1, ?, 1)";

export const findFileTable = "SELECT 1 FROM sqlite_schema WHERE name = 'ergate_log'";

export const findAnyTable = "SELECT 1 FROM sqlite_schema LIMIT 1";

export const readVersion = "SELECT version FROM ergate_log WHERE id = 1";

export const insertSpace =
  "INSERT INTO log_space (name, bytes) VALUES (?, 0) ON CONFLICT DO NOTHING";

export const findSpace = "SELECT id FROM log_space WHERE name = ?";
