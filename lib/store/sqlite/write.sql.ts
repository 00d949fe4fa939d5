/** A constant a write. `seqs` and `ids` are JSON arrays: one statement moves a whole batch. */

export const insertNamespace = "INSERT INTO namespaces (name) VALUES (?) ON CONFLICT DO NOTHING";

export const saveCounter = `
INSERT INTO counters (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value`;

export const insertLane =
  "INSERT INTO lanes (namespace, queue, name) VALUES (?, ?, ?) RETURNING key";

export const saveLane = `
UPDATE lanes SET scheduled = ?, available = ?, running = ?, retryable = ?,
  completed = ?, stopped = ?, cancelled = ?, dead = ?, suspects = ?, final_bytes = ?
WHERE key = ?`;

export const saveQueue = `
INSERT INTO queues (namespace, name, weight, concurrency, rate_limit, rate_per_ms, credit,
  credit_at, max_depth, paused_at, paused_until, declared)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET weight = excluded.weight, concurrency = excluded.concurrency,
  rate_limit = excluded.rate_limit, rate_per_ms = excluded.rate_per_ms, credit = excluded.credit,
  credit_at = excluded.credit_at, max_depth = excluded.max_depth, paused_at = excluded.paused_at,
  paused_until = excluded.paused_until, declared = excluded.declared`;

/** One a queue: all of a claim in one statement over `json_each` took six times as long. */
export const saveCredit = `
UPDATE queues SET credit = ?, credit_at = ? WHERE namespace = ? AND name = ?`;

export const upsertDefinition = `
INSERT INTO definitions
  (namespace, name, queue, priority, max_attempts, timeout_ms, crash_limit, concurrency,
    unique_rule, redact, command, hook, declared_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET queue = excluded.queue, priority = excluded.priority,
  max_attempts = excluded.max_attempts, timeout_ms = excluded.timeout_ms,
  crash_limit = excluded.crash_limit, concurrency = excluded.concurrency,
  unique_rule = excluded.unique_rule, redact = excluded.redact,
  command = excluded.command, hook = excluded.hook, declared_at = excluded.declared_at`;

export const insertWorker = `
INSERT INTO workers
  (namespace, id, host, pid, version, concurrency, threads, started_at, lease_until, jobs, declared)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`;

export const setWorkerJobs = "UPDATE workers SET jobs = ? WHERE key = ?";
export const beatWorker = "UPDATE workers SET lease_until = ? WHERE key = ?";
export const deleteWorker = "DELETE FROM workers WHERE key = ?";

/** Columns of one inserted row, in the order of its parameters. */
const newJobColumns = `seq, namespace, id, lane, state, priority, run_at, max_attempts, created_at,
  args, timeout_ms, tags`;
const fullJobColumns = `${newJobColumns}, parent, depth, unique_key, unique_until,
  planned, meta, hook`;
export const newJobWidth = 12;
export const fullJobWidth = 19;
const newJobRow = parameters(newJobWidth);
const fullJobRow = parameters(fullJobWidth);
/** Rows of one insert statement: 16 a statement took 6 µs a row where one a statement took 9. */
export const insertChunkRows = 16;

export const insertJob = `
INSERT INTO jobs (${newJobColumns}) VALUES ${newJobRow} ON CONFLICT (id, namespace) DO NOTHING`;
export const insertJobChunk = `
INSERT INTO jobs (${newJobColumns})
VALUES ${chunkOf(newJobRow)} ON CONFLICT (id, namespace) DO NOTHING`;

/** The same for jobs that have a parent, a unique key, a run on record, meta or a hook. */
export const insertFullJob = `
INSERT INTO jobs (${fullJobColumns}) VALUES ${fullJobRow} ON CONFLICT (id, namespace) DO NOTHING`;
export const insertFullJobChunk = `
INSERT INTO jobs (${fullJobColumns})
VALUES ${chunkOf(fullJobRow)} ON CONFLICT (id, namespace) DO NOTHING`;

const takeOver = `ON CONFLICT (namespace, key) DO UPDATE
SET job = excluded.job, expires_at = NULL, id = NULL, ended = NULL`;
export const takeKey = `
INSERT INTO uniques (namespace, key, job) VALUES (?, ?, ?)
${takeOver} WHERE job = excluded.job OR expires_at <= ?`;
export const takeKeyChunk = `
INSERT INTO uniques (namespace, key, job) VALUES ${chunkOf(parameters(3))}
${takeOver} WHERE expires_at <= ?`;
/** Keys that a chunk took: its jobs have the numbers from the last parameter on. */
export const giveBackKeys = `
DELETE FROM uniques
WHERE namespace = ? AND key IN (SELECT value FROM json_each(?)) AND job >= ?`;
export const giveKey = `
UPDATE uniques SET job = ?, expires_at = NULL, id = NULL, ended = NULL
WHERE namespace = ? AND key = ?`;
export const freeKey = "DELETE FROM uniques WHERE namespace = ? AND key = ? AND job = ?";
export const restKey = `
UPDATE uniques SET expires_at = ?, id = ?, ended = ? WHERE namespace = ? AND key = ? AND job = ?`;
export const expireKeys = `
DELETE FROM uniques WHERE namespace = ? AND key IN (
  SELECT key FROM uniques INDEXED BY uniques_resting
  WHERE namespace = ? AND expires_at IS NOT NULL AND expires_at <= ?
  ORDER BY expires_at LIMIT ?)`;

export const replaceArgs = "UPDATE jobs SET args = ? WHERE seq = ?";
export const replaceJob = "UPDATE jobs SET args = ?, state = ?, run_at = ? WHERE seq = ?";

export const claimSlots = `
UPDATE jobs SET state = 'running', attempt = attempt + 1, fence = ?, owner = ?, started_at = ?,
  progress = NULL, check_in = NULL, check_in_at = NULL, result = NULL
WHERE seq IN (SELECT value FROM json_each(?))`;

export const enterRun = `
UPDATE jobs SET started_at = ? WHERE seq = ? AND state = 'running' AND fence = ?`;

/** The usual end, for all runs of one claim that ended in one millisecond without a result. */
export const completeMany = `
UPDATE jobs SET state = 'completed', owner = NULL, ask = NULL, reason = NULL, suspect = 0,
  started_at = ?, finished_at = ?
WHERE seq IN (SELECT value FROM json_each(?)) AND state = 'running' AND attempt = ? AND fence = ?`;

export const complete = `
UPDATE jobs SET state = 'completed', owner = NULL, ask = NULL, reason = NULL, suspect = 0,
  started_at = ?, finished_at = ?, result = ?
WHERE seq = ? AND state = 'running' AND attempt = ? AND fence = ?`;

/**
 * Any other end of a run: its row was read in this transaction, so the fence is checked already.
 */
export const leaveRunning = `
UPDATE jobs SET state = ?, owner = NULL, ask = NULL, attempt = ?, run_at = ?, started_at = ?,
  finished_at = ?, result = ?, reason = ?, suspect = ?, crashes = ?, crashed_at = ?,
  fingerprint = COALESCE(?, fingerprint)
WHERE seq = ? AND state = 'running'`;

export const insertLingering = `
INSERT INTO lingering (lane, owner, job, fence, since) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`;
export const deleteLingering =
  "DELETE FROM lingering WHERE lane = ? AND owner = ? AND job = ? AND fence = ?";
/** Few rows, and only when a worker goes: no index by owner is worth its upkeep. */
export const deleteLingeringOf = "DELETE FROM lingering WHERE owner = ?";

/** Of its last kept error; a run that completes writes none of this. */
export const noteError =
  "UPDATE jobs SET error_bytes = error_bytes + ?, fingerprint = ? WHERE seq = ?";

export const insertAttempt = `
INSERT INTO attempts
  (job, number, attempt, outcome, started_at, finished_at, worker, message, stack, fingerprint)
VALUES (?, COALESCE((SELECT MAX(number) FROM attempts WHERE job = ?), 0) + 1,
  ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`;

export const dropOldAttempts = "DELETE FROM attempts WHERE job = ? AND number <= ?";

export const noteRun = `
UPDATE jobs SET progress = COALESCE(?, progress), check_in = COALESCE(?, check_in),
  check_in_at = COALESCE(?, check_in_at)
WHERE seq = ? AND state = 'running' AND fence = ?
RETURNING hook IS NOT NULL AS hooked`;

export const promoteMany = `
UPDATE jobs SET state = 'available' WHERE seq IN (SELECT value FROM json_each(?))`;

export const askRun = `
UPDATE jobs SET ask = ?, reason = ? WHERE seq = ? AND state = 'running'`;

export const endWaiting = `
UPDATE jobs SET state = ?, owner = NULL, ask = NULL, reason = ?, finished_at = ?, suspect = 0,
  fingerprint = COALESCE(?, fingerprint)
WHERE seq = ?`;

export const retryFinal = `
UPDATE jobs SET state = 'available', attempt = 0, run_at = ?, finished_at = NULL, started_at = NULL,
  result = NULL, reason = NULL, ask = NULL, crashes = 0, crashed_at = NULL
WHERE seq = ?`;

export const runNow = "UPDATE jobs SET state = 'available', run_at = ? WHERE seq = ?";

export const deleteJobs = "DELETE FROM jobs WHERE seq IN (SELECT value FROM json_each(?))";
export const deleteAttempts = "DELETE FROM attempts WHERE job IN (SELECT value FROM json_each(?))";

function parameters(count: number): string {
  return `(${Array(count).fill("?").join(", ")})`;
}

function chunkOf(row: string): string {
  return Array(insertChunkRows).fill(row).join(", ");
}
