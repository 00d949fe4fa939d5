import { limits } from "../../base/limits.ts";
import { tooManyWait } from "../hooks.ts";

/** Statements of status hooks: a constant each. */

/**
 * One event a job that has a hook which wants it, in the transaction of its move. Parameters: the
 * event (null: its state), when, whether too many wait, and the jobs.
 */
export const tellHooks = `
WITH told AS (
  SELECT jobs.*, COALESCE(?, state) AS event, ? AS now, ? AS is_full, hook_disabled.reason AS off,
    EXISTS (SELECT 1 FROM hooks AS head
      WHERE head.stream = jobs.seq AND head.url = jobs.hook ->> '$.url'
        AND head.due_at IS NOT NULL) AS waits
  FROM json_each(?) AS wanted JOIN jobs ON jobs.seq = wanted.value
  LEFT JOIN hook_disabled
    ON hook_disabled.namespace = jobs.namespace AND hook_disabled.url = jobs.hook ->> '$.url'
  WHERE json_valid(jobs.hook) AND jobs.hook ->> '$.host' IS NOT NULL
)
INSERT INTO hooks
  (namespace, stream, job, event, url, host, hook, facts, created_at, due_at, dead_at, error)
SELECT namespace, seq, id, event, hook ->> '$.url', hook ->> '$.host', hook,
  json_object('id', id, 'name', (SELECT name FROM lanes WHERE key = lane), 'state', state,
    'attempt', attempt, 'meta', meta, 'createdAt', created_at, 'runAt', run_at,
    'finishedAt', finished_at, 'checkIn', check_in, 'checkInAt', check_in_at, 'parent', parent,
    'reason', reason, 'changedAt', now, 'children', json((SELECT json_group_array(id) FROM (
      SELECT child.id FROM jobs AS child INDEXED BY jobs_child
      WHERE child.namespace = told.namespace AND child.parent = told.id
      ORDER BY child.seq DESC LIMIT ${limits.jobserviceExecutionIds})))),
  now, CASE WHEN off IS NULL AND NOT is_full AND NOT waits THEN now END,
  CASE WHEN off IS NOT NULL OR is_full THEN now END,
  CASE WHEN off IS NOT NULL THEN off WHEN is_full THEN '${tooManyWait}' END
FROM told
WHERE hook -> '$.events' IS NULL
  OR EXISTS (SELECT 1 FROM json_each(hook, '$.events') WHERE value = event)
RETURNING dead_at IS NULL AS waiting, error = '${tooManyWait}' AS refused`;

const hookColumns = `seq, stream, job, event, url, host, hook, facts, created_at, attempts,
  first_at, due_at, owner, error, dead_at`;

export const hookBySeq = `SELECT ${hookColumns} FROM hooks WHERE seq = ? AND namespace = ?`;
export const headOfStream =
  "SELECT 1 FROM hooks WHERE stream = ? AND url = ? AND due_at IS NOT NULL";
export const nextOfStream = `
SELECT ${hookColumns} FROM hooks INDEXED BY hooks_stream
WHERE stream = ? AND url = ? AND dead_at IS NULL ORDER BY seq LIMIT 1`;
export const nextHookDue = `
SELECT due_at FROM hooks INDEXED BY hooks_due
WHERE namespace = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1`;
/** The next host with something to send, by name: an index's skip from one to the next. */
export const hostBehind = `
SELECT host FROM hooks INDEXED BY hooks_host
WHERE namespace = ? AND host > ? AND due_at IS NOT NULL ORDER BY host LIMIT 1`;
export const dueOfHost = `
SELECT ${hookColumns} FROM hooks INDEXED BY hooks_host
WHERE namespace = ? AND host = ? AND due_at IS NOT NULL AND due_at <= ?
ORDER BY due_at, seq LIMIT ?`;
export const saveHook = `
UPDATE hooks SET attempts = ?, first_at = ?, due_at = ?, owner = ?, error = ?, dead_at = ?
WHERE seq = ?`;
/** What a dead one was sending: others need not wait for the end of its claims. */
export const freeHooksOf = `
UPDATE hooks SET owner = NULL, due_at = ? WHERE owner = ?`;
export const hurryHooks = `
UPDATE hooks INDEXED BY hooks_due SET due_at = ? WHERE namespace = ? AND due_at > ?`;
export const dropHook = "DELETE FROM hooks WHERE seq = ?";

const page = "ORDER BY seq DESC LIMIT ?";
export const waitingHooks = `
SELECT ${hookColumns} FROM hooks INDEXED BY hooks_waiting
WHERE namespace = ? AND dead_at IS NULL AND seq < ? ${page}`;
export const deadHooks = `
SELECT ${hookColumns} FROM hooks INDEXED BY hooks_dead
WHERE namespace = ? AND dead_at IS NOT NULL AND seq < ? ${page}`;
export const hooksOfJob = `
SELECT ${hookColumns} FROM hooks INDEXED BY hooks_job
WHERE namespace = ? AND job = ? AND seq < ? ${page}`;
export const deadHooksBehind = `
SELECT ${hookColumns} FROM hooks INDEXED BY hooks_dead
WHERE namespace = ? AND dead_at IS NOT NULL AND seq > ? ORDER BY seq LIMIT ?`;
export const hooksOfJobBehind = `
SELECT ${hookColumns} FROM hooks INDEXED BY hooks_job
WHERE namespace = ? AND job = ? AND seq > ? ORDER BY seq LIMIT ?`;
export const oldestDeadHooks = `
SELECT ${hookColumns} FROM hooks INDEXED BY hooks_dead
WHERE namespace = ? AND dead_at IS NOT NULL ORDER BY seq LIMIT ?`;
export const oldestWaitingHook = `
SELECT created_at FROM hooks INDEXED BY hooks_waiting
WHERE namespace = ? AND dead_at IS NULL ORDER BY seq LIMIT 1`;

export const hookTotals = `
SELECT waiting, dead, refused, dropped FROM hook_totals WHERE namespace = ?`;
export const countHooks = `
INSERT INTO hook_totals (namespace, waiting, dead, refused, dropped) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting, dead = dead + excluded.dead,
  refused = refused + excluded.refused, dropped = dropped + excluded.dropped`;

export const disabledHook = `
SELECT reason FROM hook_disabled WHERE namespace = ? AND url = ?`;
export const disabledHooks = `
SELECT url, reason, disabled_at AS at FROM hook_disabled WHERE namespace = ? ORDER BY url`;
export const disableHook = `
INSERT INTO hook_disabled (namespace, url, reason, disabled_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING`;
export const enableHook = "DELETE FROM hook_disabled WHERE namespace = ? AND url = ?";
/** Few and by hand: no index by time is worth its upkeep. */
export const forgetDisabled = `
DELETE FROM hook_disabled WHERE namespace = ? AND url IN (
  SELECT url FROM hook_disabled WHERE namespace = ? ORDER BY disabled_at DESC LIMIT -1 OFFSET ?)`;

export const setHook = "UPDATE jobs SET hook = ? WHERE seq = ?";
export const noteRegistered = `
INSERT INTO hook_registered (namespace, job) VALUES (?, ?) ON CONFLICT DO NOTHING`;
export const anyRegistered = "SELECT 1 FROM hook_registered WHERE namespace = ? LIMIT 1";
export const registeredOf = `
SELECT job FROM hook_registered WHERE namespace = ? AND job IN (SELECT value FROM json_each(?))`;
export const forgetRegistered = `
DELETE FROM hook_registered WHERE namespace = ? AND job IN (SELECT value FROM json_each(?))`;
