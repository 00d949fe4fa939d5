/**
 * Version 1. A job is one row; its state is a word, and the CHECKs restate what `lib/job/state.ts`
 * says each state implies. Partial indexes keep claims, promotions and rescues independent of how
 * many finished jobs lie beside them. A lane is one job name in one queue: claims read by lane, so
 * a name that nobody here knows costs nothing, and its counts are kept with it in the same commit.
 * Running rows are indexed by lane, so that limits count them where they stand; a lingering row is
 * a run whose job was settled without it, and which keeps its place in the limits.
 * `seq` comes from a counter that never goes back (AUTOINCREMENT's own table cost 1 µs a row).
 *
 * A row of `uniques` is a unique key that is held by the job numbered so. While the job isn't final
 * the other columns are empty; where it ended before its key's period `expires_at` says how long
 * the key goes on, and `id` and `ended` which job that was. `unique_until` of a job is `done`,
 * `started` or when its period is over. `planned` says that a run of it is on record.
 */
export const createVersion1 = `
CREATE TABLE versions (
  version INTEGER PRIMARY KEY,
  applied_at INTEGER NOT NULL
) STRICT;

CREATE TABLE namespaces (
  key INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE queues (
  namespace INTEGER NOT NULL,
  name TEXT NOT NULL,
  weight INTEGER NOT NULL DEFAULT 1,
  concurrency INTEGER,
  rate_limit INTEGER,
  rate_per_ms INTEGER,
  credit INTEGER,
  credit_at INTEGER,
  max_depth INTEGER,
  paused_at INTEGER,
  paused_until INTEGER,
  declared TEXT,
  PRIMARY KEY (namespace, name),
  CHECK (weight > 0 AND (concurrency IS NULL OR concurrency > 0)),
  CHECK ((rate_limit IS NULL) = (rate_per_ms IS NULL)),
  CHECK (paused_until IS NULL OR paused_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE definitions (
  namespace INTEGER NOT NULL,
  name TEXT NOT NULL,
  queue TEXT NOT NULL,
  priority INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  timeout_ms INTEGER,
  crash_limit INTEGER,
  concurrency INTEGER,
  unique_rule TEXT,
  redact TEXT,
  command INTEGER NOT NULL,
  hook TEXT,
  declared_at INTEGER NOT NULL,
  PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE lanes (
  key INTEGER PRIMARY KEY,
  namespace INTEGER NOT NULL,
  queue TEXT NOT NULL,
  name TEXT NOT NULL,
  scheduled INTEGER NOT NULL DEFAULT 0,
  available INTEGER NOT NULL DEFAULT 0,
  running INTEGER NOT NULL DEFAULT 0,
  retryable INTEGER NOT NULL DEFAULT 0,
  completed INTEGER NOT NULL DEFAULT 0,
  stopped INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  dead INTEGER NOT NULL DEFAULT 0,
  suspects INTEGER NOT NULL DEFAULT 0,
  final_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (namespace, queue, name)
) STRICT;

CREATE TABLE workers (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  namespace INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  version TEXT NOT NULL,
  concurrency INTEGER NOT NULL,
  threads INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  jobs TEXT NOT NULL,
  declared TEXT
) STRICT;

CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY,
  namespace INTEGER NOT NULL,
  id TEXT NOT NULL,
  lane INTEGER NOT NULL,
  state TEXT NOT NULL,
  priority INTEGER NOT NULL,
  run_at INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  args TEXT NOT NULL,
  timeout_ms INTEGER,
  tags TEXT,
  fence INTEGER NOT NULL DEFAULT 0,
  owner INTEGER,
  started_at INTEGER,
  finished_at INTEGER,
  result TEXT,
  reason TEXT,
  ask TEXT,
  progress REAL,
  check_in TEXT,
  suspect INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,
  crashed_at INTEGER,
  error_bytes INTEGER NOT NULL DEFAULT 0,
  parent TEXT,
  depth INTEGER NOT NULL DEFAULT 0,
  unique_key TEXT,
  unique_until ANY,
  fingerprint TEXT,
  planned INTEGER NOT NULL DEFAULT 0,
  meta TEXT,
  hook TEXT,
  check_in_at INTEGER,
  CHECK (CASE state
    WHEN 'available' THEN owner IS NULL AND finished_at IS NULL AND ask IS NULL
    WHEN 'running' THEN owner IS NOT NULL AND finished_at IS NULL AND fence > 0 AND attempt > 0
    WHEN 'completed' THEN owner IS NULL AND finished_at IS NOT NULL AND attempt > 0
    WHEN 'scheduled' THEN owner IS NULL AND finished_at IS NULL AND ask IS NULL
    WHEN 'retryable' THEN owner IS NULL AND finished_at IS NULL AND ask IS NULL AND attempt > 0
    WHEN 'stopped' THEN owner IS NULL AND finished_at IS NOT NULL
    WHEN 'cancelled' THEN owner IS NULL AND finished_at IS NOT NULL
    WHEN 'dead' THEN owner IS NULL AND finished_at IS NOT NULL AND reason IS NOT NULL
    ELSE 0 END),
  CHECK (attempt >= 0),
  CHECK (ask IS NULL OR ask IN ('stop', 'cancel'))
) STRICT;

CREATE UNIQUE INDEX jobs_id ON jobs (id, namespace);
CREATE INDEX jobs_available ON jobs (lane, priority DESC, run_at, seq)
  WHERE state = 'available' AND suspect = 0;
CREATE INDEX jobs_suspect ON jobs (lane, priority DESC, run_at, seq)
  WHERE state = 'available' AND suspect = 1;
CREATE INDEX jobs_waiting ON jobs (namespace, run_at, seq)
  WHERE state IN ('scheduled', 'retryable');
CREATE INDEX jobs_running ON jobs (lane, owner, seq) WHERE state = 'running';
CREATE INDEX jobs_child ON jobs (namespace, parent, seq) WHERE parent IS NOT NULL;
CREATE INDEX jobs_asked ON jobs (owner) WHERE ask IS NOT NULL;
CREATE INDEX jobs_final ON jobs (namespace, state, finished_at, seq) WHERE finished_at IS NOT NULL;

CREATE TABLE lingering (
  lane INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  job INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (lane, owner, job, fence)
) STRICT, WITHOUT ROWID;

CREATE TABLE uniques (
  namespace INTEGER NOT NULL,
  key TEXT NOT NULL,
  job INTEGER NOT NULL,
  expires_at INTEGER,
  id TEXT,
  ended TEXT,
  PRIMARY KEY (namespace, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX uniques_resting ON uniques (namespace, expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE attempts (
  job INTEGER NOT NULL,
  number INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  started_at INTEGER,
  finished_at INTEGER NOT NULL,
  worker TEXT NOT NULL,
  message TEXT,
  stack TEXT,
  fingerprint TEXT,
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
`;
