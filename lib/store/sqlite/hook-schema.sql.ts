/**
 * Events that status hooks are to tell, each with the job's facts as they were: its job may be gone
 * by then. `stream` is the number of its job, which goes in order to each address: a job that got
 * another one must not wait for one that fails. What waits has no `dead_at`; `due_at` is set only
 * at the head of a stream, which is the one that may be sent: the unique index holds that. `host`
 * stands by itself, so that what waits for a slow one is passed over.
 *
 * `hook_registered` are running jobs that got their hook during the run: who runs them does not
 * know of it.
 */
export const hookTables = `
CREATE TABLE hooks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  namespace INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  job TEXT NOT NULL,
  event TEXT NOT NULL,
  url TEXT NOT NULL,
  host TEXT NOT NULL,
  hook TEXT NOT NULL,
  facts TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  first_at INTEGER,
  due_at INTEGER,
  owner TEXT,
  error TEXT,
  dead_at INTEGER,
  CHECK (dead_at IS NULL OR (due_at IS NULL AND owner IS NULL)),
  CHECK (owner IS NULL OR due_at IS NOT NULL)
) STRICT;

CREATE UNIQUE INDEX hooks_head ON hooks (stream, url) WHERE due_at IS NOT NULL;
CREATE INDEX hooks_stream ON hooks (stream, url, seq) WHERE dead_at IS NULL;
CREATE INDEX hooks_due ON hooks (namespace, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX hooks_host ON hooks (namespace, host, due_at, seq) WHERE due_at IS NOT NULL;
CREATE INDEX hooks_waiting ON hooks (namespace, seq) WHERE dead_at IS NULL;
CREATE INDEX hooks_dead ON hooks (namespace, seq) WHERE dead_at IS NOT NULL;
CREATE INDEX hooks_owner ON hooks (owner) WHERE owner IS NOT NULL;
CREATE INDEX hooks_job ON hooks (namespace, job, seq);

CREATE TABLE hook_totals (
  namespace INTEGER PRIMARY KEY,
  waiting INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  dropped INTEGER NOT NULL
) STRICT;

CREATE TABLE hook_disabled (
  namespace INTEGER NOT NULL,
  url TEXT NOT NULL,
  reason TEXT NOT NULL,
  disabled_at INTEGER NOT NULL,
  PRIMARY KEY (namespace, url)
) STRICT, WITHOUT ROWID;

CREATE TABLE hook_registered (
  namespace INTEGER NOT NULL,
  job INTEGER NOT NULL,
  PRIMARY KEY (namespace, job)
) STRICT, WITHOUT ROWID;
`;
