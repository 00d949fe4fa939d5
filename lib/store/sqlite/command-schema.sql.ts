/**
 * The processes of commands that run: by them what a dead runtime's runs left behind is found. A
 * row goes with the settlement of its run, or with its worker.
 */
export const commandTables = `
CREATE TABLE processes (
  worker INTEGER NOT NULL,
  job INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  run_id TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  PRIMARY KEY (worker, job, fence)
) STRICT, WITHOUT ROWID;
`;
