/** Statements of commands and their processes: a constant each. */

export const insertProcess = `
INSERT INTO processes (worker, job, fence, run_id, pid, started_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`;
export const deleteProcess = "DELETE FROM processes WHERE worker = ? AND job = ? AND fence = ?";
export const deleteProcessesOf = "DELETE FROM processes WHERE worker = ?";
export const processOf = `
SELECT run_id, pid, started_at FROM processes WHERE worker = ? AND job = ? AND fence = ?`;

const commandColumns = "name, spec, declared, revision";

export const commandByName = `
SELECT ${commandColumns} FROM commands WHERE namespace = ? AND name = ?`;
export const commandsBehind = `
SELECT ${commandColumns} FROM commands
WHERE namespace = ? AND name > ? AND spec IS NOT NULL ORDER BY name LIMIT ?`;
export const commandsSince = `
SELECT ${commandColumns} FROM commands INDEXED BY commands_revision
WHERE namespace = ? AND revision > ? ORDER BY revision LIMIT ?`;
export const liveCommands = `
SELECT COUNT(*) AS live FROM commands WHERE namespace = ? AND spec IS NOT NULL`;
/** At a start only. */
export const declaredCommands = `
SELECT ${commandColumns} FROM commands WHERE namespace = ? AND declared IS NOT NULL ORDER BY name`;
export const saveCommand = `
INSERT INTO commands (namespace, ${commandColumns}) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET spec = excluded.spec, declared = excluded.declared,
  revision = excluded.revision`;
export const forgetCommands = `
DELETE FROM commands WHERE namespace = ? AND name IN (
  SELECT name FROM commands INDEXED BY commands_removed
  WHERE namespace = ? AND spec IS NULL AND declared IS NULL
  ORDER BY revision DESC LIMIT -1 OFFSET ?)`;
export const deleteDefinition = "DELETE FROM definitions WHERE namespace = ? AND name = ?";
export const workerOfJob = `
SELECT 1 FROM workers
WHERE namespace = ? AND EXISTS (SELECT 1 FROM json_each(jobs) WHERE value = ?) LIMIT 1`;
