/**
 * A constant a read. The first part serves writes, inside their transaction; the rest the reader.
 */

export const namespaceKey = "SELECT key FROM namespaces WHERE name = ?";
export const counters = "SELECT name, value FROM counters";
export const lanes = `
SELECT key, queue, name, scheduled, available, running, retryable, completed, stopped, cancelled,
  dead, suspects, final_bytes FROM lanes WHERE namespace = ?`;
export const queues = `
SELECT name, weight, concurrency, rate_limit, rate_per_ms, credit, credit_at, max_depth, paused_at,
  paused_until, declared
FROM queues WHERE namespace = ? ORDER BY name`;
export const limitedJobs = `
SELECT name, concurrency FROM definitions WHERE namespace = ? AND concurrency IS NOT NULL`;
/** Running rows and lingering runs of a lane: what a limit counts. */
export const runningInLane = `
SELECT (SELECT COUNT(*) FROM jobs INDEXED BY jobs_running WHERE lane = ? AND state = 'running')
  + (SELECT COUNT(*) FROM lingering WHERE lane = ?) AS running`;
export const lingeringInLane = "SELECT COUNT(*) AS lingering FROM lingering WHERE lane = ?";
export const lingeringOf = "SELECT COUNT(*) AS lingering FROM lingering WHERE owner = ?";
export const workers = `
SELECT key, id, host, pid, version, concurrency, threads, started_at, lease_until, jobs, declared
FROM workers WHERE namespace = ? ORDER BY key`;

/** What is next in a lane: priority, due time, then order of arrival. */
export const nextInLane = `
SELECT seq, id, args, attempt, max_attempts, timeout_ms, tags,
  octet_length(args) + error_bytes AS bytes, priority, run_at, unique_until, depth, planned,
  meta, hook IS NOT NULL AS hooked
FROM jobs INDEXED BY jobs_available
WHERE lane = ? AND state = 'available' AND suspect = 0
ORDER BY priority DESC, run_at, seq LIMIT ?`;

/** The same without the rows: to merge several lanes of one queue. */
export const peekLane = `
SELECT seq, priority, run_at FROM jobs INDEXED BY jobs_available
WHERE lane = ? AND state = 'available' AND suspect = 0
ORDER BY priority DESC, run_at, seq LIMIT ?`;

export const claimable = `
SELECT seq, id, args, attempt, max_attempts, timeout_ms, tags,
  octet_length(args) + error_bytes AS bytes, priority, run_at, unique_until, depth, planned,
  meta, hook IS NOT NULL AS hooked
FROM jobs WHERE seq IN (SELECT value FROM json_each(?))`;

export const nextSuspect = `
SELECT seq, id, args, attempt, max_attempts, timeout_ms, tags,
  octet_length(args) + error_bytes AS bytes, priority, run_at, unique_until, depth, planned,
  meta, hook IS NOT NULL AS hooked
FROM jobs INDEXED BY jobs_suspect
WHERE lane = ? AND state = 'available' AND suspect = 1
ORDER BY priority DESC, run_at, seq LIMIT 1`;

export const runningSuspect = `
SELECT 1 FROM jobs INDEXED BY jobs_running
WHERE lane = ? AND owner = ? AND state = 'running' AND suspect = 1 LIMIT 1`;

export const askedRuns = `
SELECT seq, fence, ask, reason FROM jobs INDEXED BY jobs_asked
WHERE owner = ? AND ask IS NOT NULL AND state = 'running'`;

/** A row as the writes need it before they move it. */
const moveColumns = `seq, id, lane, state, attempt, fence, owner, run_at, started_at, ask, reason,
  suspect, crashes, crashed_at, unique_key, unique_until, planned,
  hook IS NOT NULL AS hooked,
  octet_length(args) + COALESCE(octet_length(result), 0) + error_bytes AS bytes`;

export const rowBySeq = `SELECT ${moveColumns} FROM jobs WHERE seq = ?`;
export const rowById = `SELECT ${moveColumns} FROM jobs WHERE id = ? AND namespace = ?`;
export const runningOf = `
SELECT ${moveColumns} FROM jobs INDEXED BY jobs_running
WHERE lane = ? AND owner = ? AND state = 'running' ORDER BY seq`;
export const dueRows = `
SELECT seq, id, lane, state, suspect, hook IS NOT NULL AS hooked
FROM jobs INDEXED BY jobs_waiting
WHERE namespace = ? AND state IN ('scheduled', 'retryable') AND run_at <= ?
ORDER BY run_at, seq LIMIT ?`;
export const nextDue = `
SELECT run_at FROM jobs INDEXED BY jobs_waiting
WHERE namespace = ? AND state IN ('scheduled', 'retryable') ORDER BY run_at, seq LIMIT 1`;
export const availableInLane = `
SELECT ${moveColumns} FROM jobs INDEXED BY jobs_available
WHERE lane = ? AND state = 'available' AND suspect = 0 LIMIT ?`;
export const suspectsInLane = `
SELECT ${moveColumns} FROM jobs INDEXED BY jobs_suspect
WHERE lane = ? AND state = 'available' AND suspect = 1 LIMIT ?`;
export const waitingInNamespace = `
SELECT ${moveColumns} FROM jobs INDEXED BY jobs_waiting
WHERE namespace = ? AND state IN ('scheduled', 'retryable') AND lane = ?
ORDER BY run_at, seq LIMIT ?`;
export const oldestFinal = `
SELECT ${moveColumns}, finished_at FROM jobs INDEXED BY jobs_final
WHERE namespace = ? AND state = ? AND finished_at IS NOT NULL AND finished_at < ?
ORDER BY finished_at, seq LIMIT ?`;

export const keyRow = `
SELECT job, expires_at, id, ended FROM uniques WHERE namespace = ? AND key = ?`;
export const keysOfJobs = `
SELECT seq, jobs.id, unique_key, unique_until FROM json_each(?) AS wanted
JOIN jobs ON jobs.seq = wanted.value`;

export const definition = `
SELECT name, queue, priority, max_attempts, timeout_ms, crash_limit, concurrency, unique_rule,
  redact, command, hook
FROM definitions WHERE namespace = ? AND name = ?`;
export const definitions = `
SELECT name, queue, priority, max_attempts, timeout_ms, crash_limit, concurrency, unique_rule,
  redact, command, hook
FROM definitions WHERE namespace = ? ORDER BY name`;

/** A job as users see it. */
const jobColumns = `jobs.seq, jobs.id, lanes.name, lanes.queue, jobs.state, args, result, priority,
  attempt, max_attempts, run_at, created_at, started_at, finished_at, progress, check_in, tags,
  reason, fence, jobs.parent, depth, meta, check_in_at`;

export const jobById = `
SELECT ${jobColumns} FROM jobs JOIN lanes ON lanes.key = jobs.lane
WHERE jobs.id = ? AND jobs.namespace = ?`;

export const jobsBySeqs = `
SELECT ${jobColumns} FROM json_each(?) AS wanted
JOIN jobs ON jobs.seq = wanted.value JOIN lanes ON lanes.key = jobs.lane
WHERE jobs.namespace = ?`;

const walkColumns = `seq, jobs.id, lane, state, tags, reason, fingerprint, created_at, finished_at`;

/** One slice of a walk over all jobs, newest first. */
export const walkJobs = `
SELECT ${walkColumns} FROM jobs WHERE seq < ? AND namespace = ? ORDER BY seq DESC LIMIT ?`;
/** The same over the jobs that one job's handler enqueued. */
export const walkChildren = `
SELECT ${walkColumns} FROM jobs INDEXED BY jobs_child
WHERE namespace = ? AND parent = ? AND seq < ? ORDER BY seq DESC LIMIT ?`;
/** One slice of a walk over a final state's jobs, what ended last first. */
export const walkEnded = `
SELECT ${walkColumns} FROM jobs INDEXED BY jobs_final
WHERE namespace = ? AND state = ? AND finished_at IS NOT NULL AND finished_at >= ?
  AND (finished_at, seq) < (?, ?)
ORDER BY finished_at DESC, seq DESC LIMIT ?`;
export const walkIds = `
SELECT ${walkColumns} FROM json_each(?) AS wanted
JOIN jobs ON jobs.id = wanted.value AND jobs.namespace = ?`;

/** The rows of one state, where they are few: newest first is then a matter of sorting. */
export const finalRows = `
SELECT ${walkColumns} FROM jobs INDEXED BY jobs_final
WHERE namespace = ? AND state = ? AND finished_at IS NOT NULL`;
export const runningRows = `
SELECT ${walkColumns} FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND namespace = ?`;
export const waitingRows = `
SELECT ${walkColumns} FROM jobs INDEXED BY jobs_waiting
WHERE namespace = ? AND state IN ('scheduled', 'retryable')`;
export const availableRows = `
SELECT ${walkColumns} FROM jobs INDEXED BY jobs_available
WHERE lane = ? AND state = 'available' AND suspect = 0`;
export const suspectRows = `
SELECT ${walkColumns} FROM jobs INDEXED BY jobs_suspect
WHERE lane = ? AND state = 'available' AND suspect = 1`;

export const attemptsOf = `
SELECT attempt, outcome, started_at, finished_at, worker, message, stack, fingerprint
FROM attempts WHERE job = ? ORDER BY number`;
export const lastMessage = `
SELECT message FROM attempts WHERE job = ? AND message IS NOT NULL ORDER BY number DESC LIMIT 1`;

/** The owner of a completed run is gone from its row; only a running one can be named. */
export const executionRow = `
SELECT jobs.seq, state, jobs.attempt, jobs.started_at, finished_at,
  COALESCE(workers.id, runs.worker) AS worker, plan_at, schedule_at, trigger
FROM jobs LEFT JOIN workers ON workers.key = jobs.owner
  LEFT JOIN runs ON planned = 1 AND runs.job = jobs.seq
WHERE jobs.id = ? AND jobs.namespace = ?`;
export const latestFinal = `
SELECT finished_at, seq FROM jobs INDEXED BY jobs_final
WHERE namespace = ? AND state = ? AND finished_at IS NOT NULL
ORDER BY finished_at DESC, seq DESC LIMIT 1`;
export const workerOf = "SELECT id FROM workers WHERE key = ?";
export const latestSeq = "SELECT COALESCE(MAX(seq), 0) AS seq FROM jobs";
export const runningCounts = `
SELECT COUNT(*) AS running FROM jobs INDEXED BY jobs_running
WHERE lane = ? AND owner = ? AND state = 'running'`;
/** Runs that were entered, the slots that they take; of large arguments none. */
export const busySlots = `
SELECT id, lane, attempt, started_at, progress, check_in,
  CASE WHEN octet_length(args) <= ? THEN args END AS args
FROM jobs INDEXED BY jobs_running
WHERE lane = ? AND owner = ? AND state = 'running' AND started_at IS NOT NULL
ORDER BY seq LIMIT ?`;
export const busyCount = `
SELECT COUNT(*) AS busy FROM jobs INDEXED BY jobs_running
WHERE lane = ? AND owner = ? AND state = 'running' AND started_at IS NOT NULL`;
/** Runs whose jobs went on without them; the job's row may be another run's by now, or gone. */
export const lingeringSlots = `
SELECT jobs.id, lingering.lane, CASE WHEN jobs.fence = lingering.fence THEN attempt END AS attempt,
  CASE WHEN jobs.fence = lingering.fence THEN started_at END AS started_at,
  NULL AS progress, NULL AS check_in,
  CASE WHEN octet_length(args) <= ? THEN args END AS args
FROM lingering LEFT JOIN jobs ON jobs.seq = lingering.job
WHERE lingering.owner = ? LIMIT ?`;

/** What `why` asks of one job's row beside what users see. */
export const whyRow = `
SELECT ask, suspect, crashes, owner, unique_key FROM jobs WHERE id = ? AND namespace = ?`;
export const otherHolder = `
SELECT COALESCE(uniques.id, jobs.id) AS id, expires_at FROM uniques
LEFT JOIN jobs ON jobs.seq = uniques.job
WHERE uniques.namespace = ? AND uniques.key = ? AND uniques.job <> ?`;
/** Available jobs before a place in a lane: of a higher priority, and of the same. Bounded. */
export const aheadByPriority = `
SELECT COUNT(*) AS ahead FROM (SELECT 1 FROM jobs INDEXED BY jobs_available
  WHERE lane = ? AND state = 'available' AND suspect = 0 AND priority > ? LIMIT ?)`;
export const aheadByTime = `
SELECT COUNT(*) AS ahead FROM (SELECT 1 FROM jobs INDEXED BY jobs_available
  WHERE lane = ? AND state = 'available' AND suspect = 0 AND priority = ?
    AND (run_at, seq) < (?, ?) LIMIT ?)`;
export const runsInLane = `
SELECT jobs.id, workers.id AS worker FROM jobs INDEXED BY jobs_running
LEFT JOIN workers ON workers.key = jobs.owner
WHERE jobs.lane = ? AND state = 'running' LIMIT ?`;
export const lingeringRunsInLane = `
SELECT jobs.id, workers.id AS worker FROM lingering
LEFT JOIN jobs ON jobs.seq = lingering.job
LEFT JOIN workers ON workers.key = lingering.owner
WHERE lingering.lane = ? LIMIT ?`;
export const runningSuspectsInLane = `
SELECT id FROM jobs INDEXED BY jobs_running
WHERE lane = ? AND state = 'running' AND suspect = 1 LIMIT ?`;

const changeColumns = `jobs.seq, jobs.id, lanes.name, lanes.queue, jobs.state, attempt, finished_at,
  reason`;
export const newSince = `
SELECT ${changeColumns} FROM jobs JOIN lanes ON lanes.key = jobs.lane
WHERE jobs.seq > ? AND jobs.namespace = ? ORDER BY jobs.seq LIMIT ?`;
export const finalSince = `
SELECT ${changeColumns} FROM jobs INDEXED BY jobs_final JOIN lanes ON lanes.key = jobs.lane
WHERE jobs.namespace = ? AND jobs.state = ? AND finished_at IS NOT NULL
  AND (finished_at, jobs.seq) > (?, ?)
ORDER BY finished_at, jobs.seq LIMIT ?`;
export const changedBySeqs = `
SELECT ${changeColumns} FROM json_each(?) AS wanted
JOIN jobs ON jobs.seq = wanted.value JOIN lanes ON lanes.key = jobs.lane
WHERE jobs.namespace = ?`;
