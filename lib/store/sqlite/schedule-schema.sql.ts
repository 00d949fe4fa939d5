/** In milliseconds; what was edited by hand into no JSON has none. */
export const endOfSchedule = "CASE WHEN json_valid(spec) THEN json_extract(spec, '$.end') END";

/**
 * Schedules and the runs of schedules and commands. A schedule's row says up to which planned time
 * all is dealt with, and when to look next; the run of a planned time is a row that no other can
 * be. As long as a run's job is there it is joined for how it goes: settling a run writes nothing
 * here. `open` says that a run may not be over: who must know looks, and notes what is over. When
 * its job is deleted what it came to is copied (`outcome` and the columns behind it). `waiting` is
 * the job, as JSON, of a run that waits for the one before it.
 */
export const scheduleTables = `
CREATE TABLE schedules (
  namespace INTEGER NOT NULL,
  name TEXT NOT NULL,
  spec TEXT NOT NULL,
  declared TEXT,
  created_at INTEGER NOT NULL,
  last_planned INTEGER NOT NULL,
  next_at INTEGER,
  revision INTEGER NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0,
  CHECK (removed = 0 OR (next_at IS NULL AND declared IS NOT NULL)),
  PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX schedules_due ON schedules (namespace, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX schedules_ended ON schedules (namespace, ${endOfSchedule})
  WHERE next_at IS NULL AND declared IS NULL;

CREATE TABLE runs (
  key INTEGER PRIMARY KEY,
  namespace INTEGER NOT NULL,
  id TEXT NOT NULL,
  schedule TEXT,
  job_name TEXT NOT NULL,
  trigger TEXT NOT NULL,
  plan_at INTEGER NOT NULL,
  schedule_at INTEGER NOT NULL,
  is_command INTEGER NOT NULL,
  job INTEGER,
  open INTEGER NOT NULL,
  waiting TEXT,
  worker TEXT,
  skip_reason TEXT,
  skip_count INTEGER,
  skip_more INTEGER,
  skip_until INTEGER,
  outcome TEXT,
  job_id TEXT,
  start_at INTEGER,
  end_at INTEGER,
  attempt INTEGER NOT NULL DEFAULT 0,
  result TEXT,
  error TEXT,
  CHECK (trigger IN ('cron', 'manual', 'catch-up')),
  CHECK (schedule IS NOT NULL OR trigger = 'manual'),
  CHECK (waiting IS NULL OR (open = 1 AND job IS NULL)),
  CHECK ((outcome = 'skipped') = (skip_reason IS NOT NULL) OR outcome IS NULL)
) STRICT;

CREATE UNIQUE INDEX runs_slot ON runs (namespace, schedule, plan_at)
  WHERE trigger <> 'manual' AND skip_count IS NULL;
CREATE INDEX runs_schedule ON runs (namespace, schedule, key) WHERE schedule IS NOT NULL;
CREATE INDEX runs_job_name ON runs (namespace, job_name, key);
CREATE INDEX runs_open ON runs (namespace, schedule) WHERE open = 1;
CREATE INDEX runs_waiting ON runs (namespace, key) WHERE waiting IS NOT NULL;
CREATE INDEX runs_job ON runs (job) WHERE job IS NOT NULL;
CREATE INDEX runs_over ON runs (namespace, key) WHERE job IS NULL AND waiting IS NULL;
`;
