import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import Database from "better-sqlite3";

/** One run of a file's job, as the handler itself wrote it down. */
export interface Run {
  id: string;
  attempt: number;
  fence: number;
  pid: number;
  ended: boolean;
}

export interface Row {
  id: string;
  state: string;
  attempt: number;
  fence: number;
  finished: number | null;
  result: string | null;
}

/** Every run that was entered, in order; the file is appended to and outlives each process. */
export function readRuns(trace: string): Run[] {
  if (!existsSync(trace)) return [];
  const runs: Run[] = [];
  const open = new Map<string, Run>();
  for (const line of readFileSync(trace, "utf8").split("\n").slice(0, -1)) {
    const [what, id = "", attempt, fence = "", pid] = line.split(" ");
    const key = `${id} ${fence}`;
    if (what === "begin") {
      assert.ok(!open.has(key), `${key} was entered twice`);
      const run = { id, attempt: Number(attempt), fence: Number(fence), pid: Number(pid) };
      open.set(key, { ...run, ended: false });
      runs.push(open.get(key) as Run);
    } else {
      const run = open.get(key);
      assert.ok(run, `${key} ended without a beginning`);
      run.ended = true;
    }
  }
  return runs;
}

/**
 * What the database says while no process has it open. Read from a copy: opening the file itself
 * would do the recovery that the next start is to do.
 */
export function readRows(file: string): { rows: Map<string, Row>; sound: boolean } {
  const copy = `${file}.copy`;
  if (!existsSync(file)) return { rows: new Map(), sound: true };
  rmSync(`${copy}-wal`, { force: true });
  copyFileSync(file, copy);
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
  const database = new Database(copy);
  try {
    const sound = database.pragma("integrity_check", { simple: true }) === "ok";
    const rows = fileRows(database);
    return { rows: new Map(rows.map((row) => [row.id, row])), sound };
  } finally {
    database.close();
  }
}

function fileRows(database: Database.Database): Row[] {
  const made = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'jobs'").get();
  if (made === undefined) return [];
  const select = "SELECT id, state, attempt, fence, finished_at AS finished, result FROM jobs";
  const all = database.prepare(select).all() as Row[];
  return all.filter(({ id }) => id.split(":").length === 4);
}

/** Nothing that was settled before changed since, or ran again. */
export function checkSettled(before: Map<string, Row>, after: Map<string, Row>): void {
  for (const [id, row] of before) {
    const now = after.get(id);
    assert.ok(now, `job ${id} is lost`);
    if (row.state === "completed") assert.deepEqual(now, row, `job ${id} was settled again`);
  }
}
