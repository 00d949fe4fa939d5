import { endOfSchedule } from "./schedule-schema.sql.ts";

/** Statements of schedules and runs: a constant each. */

const scheduleColumns =
  "name, spec, declared, created_at, last_planned, next_at, revision, removed" as const;

export const scheduleByName = `
SELECT ${scheduleColumns} FROM schedules WHERE namespace = ? AND name = ?`;
export const schedulesBehind = `
SELECT ${scheduleColumns} FROM schedules
WHERE namespace = ? AND name > ? AND removed <= ? ORDER BY name LIMIT ?`;
/** Once a start: a look at each. */
export const aheadSchedules = `
SELECT ${scheduleColumns} FROM schedules
WHERE namespace = ? AND last_planned > ? AND removed = 0 ORDER BY name LIMIT ?`;
export const dueSchedules = `
SELECT ${scheduleColumns} FROM schedules INDEXED BY schedules_due
WHERE namespace = ? AND next_at IS NOT NULL AND next_at <= ? ORDER BY next_at LIMIT ?`;
/** Behind the first `OFFSET` ones, which the look before has read: they are few. */
export const nextPlanned = `
SELECT next_at FROM schedules INDEXED BY schedules_due
WHERE namespace = ? AND next_at IS NOT NULL ORDER BY next_at LIMIT 1 OFFSET ?`;

/** What hands made, and what is never due again. */
export const endedSchedules = `
SELECT name FROM schedules INDEXED BY schedules_ended
WHERE namespace = ? AND next_at IS NULL AND declared IS NULL AND ${endOfSchedule} <= ? LIMIT ?`;

export const saveSchedule = `
INSERT INTO schedules (namespace, ${scheduleColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)
ON CONFLICT DO UPDATE SET spec = excluded.spec, declared = excluded.declared,
  created_at = excluded.created_at, last_planned = excluded.last_planned,
  next_at = excluded.next_at, revision = excluded.revision, removed = 0`;
export const planSchedule = `
UPDATE schedules SET last_planned = ?, next_at = ? WHERE namespace = ? AND name = ?`;
export const deleteSchedule = "DELETE FROM schedules WHERE namespace = ? AND name = ?";
export const removeSchedule = `
UPDATE schedules SET removed = 1, next_at = NULL, revision = ? WHERE namespace = ? AND name = ?`;

export const insertRun = `
INSERT INTO runs (namespace, id, schedule, job_name, trigger, plan_at, schedule_at, is_command,
  job, open, waiting, outcome, skip_reason, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
export const insertSkipped = `
INSERT INTO runs (namespace, id, schedule, job_name, trigger, plan_at, schedule_at, is_command,
  open, outcome, skip_reason, skip_count, skip_more, skip_until)
VALUES (?, ?, ?, ?, 'cron', ?, ?, 0, 0, 'skipped', ?, ?, ?, ?)`;

export const runOfSlot = `
SELECT 1 FROM runs INDEXED BY runs_slot
WHERE namespace = ? AND schedule = ? AND plan_at = ? AND trigger <> 'manual'
  AND skip_count IS NULL`;
export const openRuns = `
SELECT runs.key, jobs.id, jobs.state, runs.waiting IS NOT NULL AS waits,
  EXISTS (SELECT 1 FROM lingering WHERE lingering.lane = jobs.lane AND lingering.job = jobs.seq)
    AS lingers
FROM runs INDEXED BY runs_open LEFT JOIN jobs ON jobs.seq = runs.job
WHERE runs.namespace = ? AND runs.schedule = ? AND runs.open = 1 AND runs.key > ?
ORDER BY runs.key LIMIT ?`;
export const closeRuns = `
UPDATE runs SET open = 0 WHERE key IN (SELECT value FROM json_each(?))`;
export const reopenRun = "UPDATE runs SET open = 1 WHERE job = ?";
export const claimRun = "UPDATE runs SET worker = ? WHERE job = ? RETURNING schedule, plan_at";

/** What is on record of jobs that are about to be deleted. */
export const freezeRuns = `
UPDATE runs SET open = 0, job = NULL, job_id = jobs.id, attempt = jobs.attempt,
  start_at = jobs.started_at, end_at = jobs.finished_at,
  outcome = CASE WHEN jobs.finished_at IS NULL THEN 'deleted' ELSE jobs.state END,
  result = CASE WHEN runs.is_command = 1 THEN jobs.result END,
  error = CASE WHEN jobs.state <> 'completed' THEN COALESCE((
    SELECT message FROM attempts WHERE attempts.job = jobs.seq ORDER BY number DESC LIMIT 1),
    jobs.reason) END
FROM jobs
WHERE runs.job IN (SELECT value FROM json_each(?)) AND jobs.seq = runs.job`;

export const firstWaiting = `
SELECT MIN(key) AS key, waiting FROM runs INDEXED BY runs_waiting
WHERE namespace = ? AND waiting IS NOT NULL GROUP BY schedule ORDER BY key LIMIT ?`;
export const waitingOf = `
SELECT key, waiting FROM runs INDEXED BY runs_open
WHERE namespace = ? AND schedule = ? AND open = 1 AND waiting IS NOT NULL ORDER BY key`;
export const spoilRun = `
UPDATE runs SET waiting = NULL, open = 0, outcome = 'skipped', skip_reason = 'refused',
  error = 'what was stored of it can''t be read' WHERE key = ?`;
export const anyWaiting = `
SELECT 1 FROM runs INDEXED BY runs_waiting WHERE namespace = ? AND waiting IS NOT NULL LIMIT 1`;
export const dropRuns = "DELETE FROM runs WHERE key IN (SELECT value FROM json_each(?))";

export const oldestOver = `
SELECT key, schedule_at FROM runs INDEXED BY runs_over
WHERE namespace = ? AND job IS NULL AND waiting IS NULL ORDER BY key LIMIT ?`;
export const newestRunKey = "SELECT MAX(key) AS key FROM runs";

const runColumns = `runs.key, runs.id, schedule, job_name, trigger, plan_at, schedule_at,
  is_command, worker, skip_reason, skip_count, skip_more, skip_until, outcome, runs.job,
  job_id, start_at, end_at, runs.attempt, runs.result, error,
  jobs.id AS live_id, jobs.state, jobs.attempt AS live_attempt, started_at, finished_at,
  CASE WHEN is_command = 1 THEN jobs.result END AS live_result,
  COALESCE((SELECT message FROM attempts WHERE attempts.job = jobs.seq
    ORDER BY number DESC LIMIT 1), jobs.reason) AS live_error`;

export const runsOfSchedule = `
SELECT ${runColumns} FROM runs INDEXED BY runs_schedule LEFT JOIN jobs ON jobs.seq = runs.job
WHERE runs.namespace = ? AND schedule = ? AND runs.key < ? ORDER BY runs.key DESC LIMIT ?`;
export const runsOfJob = `
SELECT ${runColumns} FROM runs INDEXED BY runs_job_name LEFT JOIN jobs ON jobs.seq = runs.job
WHERE runs.namespace = ? AND job_name = ? AND runs.key < ? ORDER BY runs.key DESC LIMIT ?`;
/** One slice of a walk: `?` rows of all namespaces. */
export const runsBefore = `
SELECT ${runColumns}, runs.namespace AS space FROM runs LEFT JOIN jobs ON jobs.seq = runs.job
WHERE runs.key < ? ORDER BY runs.key DESC LIMIT ?`;
export const lastRun = `
SELECT ${runColumns} FROM runs INDEXED BY runs_schedule LEFT JOIN jobs ON jobs.seq = runs.job
WHERE runs.namespace = ? AND schedule = ? AND (runs.job IS NOT NULL OR job_id IS NOT NULL)
ORDER BY runs.key DESC LIMIT 1`;
export const runningRuns = `
SELECT COUNT(*) AS running FROM runs INDEXED BY runs_open JOIN jobs ON jobs.seq = runs.job
WHERE runs.namespace = ? AND schedule = ? AND open = 1 AND jobs.state = 'running'`;
