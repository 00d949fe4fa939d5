/** Statements of commands and their processes: a constant each. */

export const insertProcess = `
INSERT INTO processes (worker, job, fence, run_id, pid, started_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`;
export const deleteProcess = "DELETE FROM processes WHERE worker = ? AND job = ? AND fence = ?";
export const deleteProcessesOf = "DELETE FROM processes WHERE worker = ?";
export const processOf = `
SELECT run_id, pid, started_at FROM processes WHERE worker = ? AND job = ? AND fence = ?`;
