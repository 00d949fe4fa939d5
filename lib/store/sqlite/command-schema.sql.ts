/**
 * Stored commands: a removed one has no spec, and stays for whoever follows. And the processes of
 * commands that run: by them what a dead runtime's runs left behind is found. A
 * row goes with the settlement of its run, or with its worker.
 */
export const commandTables = `
CREATE TABLE commands (
  namespace INTEGER NOT NULL,
  name TEXT NOT NULL,
  spec TEXT,
  declared TEXT,
  revision INTEGER NOT NULL,
  PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX commands_revision ON commands (namespace, revision);
CREATE INDEX commands_removed ON commands (namespace, revision) WHERE spec IS NULL;

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
