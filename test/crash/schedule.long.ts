import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import Database from "better-sqlite3";
import { seededRandom } from "../../lib/base/random.ts";

const writer = new URL("./fixture/schedule-writer.ts", import.meta.url).pathname;
const random = seededRandom(2026);

/** Lets two processes fire until they ran so much, and kills both. */
async function killedAfter(file: string, runs: number): Promise<void> {
  const children = [1, 2].map(() =>
    spawn(process.execPath, [writer, file], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  let ran = 0;
  for (const child of children) {
    createInterface({ input: child.stdout }).on("line", () => {
      if (++ran === runs) for (const each of children) each.kill("SIGKILL");
    });
  }
  await Promise.all(children.map((child) => once(child, "exit")));
  assert.ok(ran >= runs, "the writers ended by themselves");
}

interface Fired {
  name: string;
  every: number;
  created_at: number;
  last_planned: number;
}

/** The planned times of a schedule that are on record, skipped ones too. */
function recorded(db: Database.Database, { name, every }: Fired): number[] {
  const rows = db.prepare("SELECT plan_at, skip_count, skip_until FROM runs WHERE schedule = ?");
  type Recorded = { plan_at: number; skip_count: number | null; skip_until: number };
  const times = (rows.all(name) as Recorded[]).flatMap(({ plan_at, skip_count, skip_until }) => {
    if (skip_count === null) return [plan_at];
    assert.equal(plan_at + (skip_count - 1) * every, skip_until);
    return Array.from({ length: skip_count }, (_, at) => plan_at + at * every);
  });
  return times.sort((one, other) => one - other);
}

/** A run without its job, or a job without its run. */
const parted = [
  `SELECT runs.key FROM runs LEFT JOIN jobs ON jobs.seq = runs.job
   WHERE runs.job IS NOT NULL AND jobs.seq IS NULL`,
  "SELECT seq FROM jobs WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.job = jobs.seq)",
];

test("kill -9 while schedules fire: each planned time has one record, none has two", {
  timeout: 60_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ergate-crash-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "jobs.db");
  for (let round = 0; round < 2; round++) {
    await killedAfter(file, 100 + Math.floor(random.next() * 300));
    const db = new Database(file);
    assert.deepEqual(db.pragma("integrity_check"), [{ integrity_check: "ok" }]);
    const schedules = db.prepare(`
SELECT name, spec ->> 'every' AS every, created_at, last_planned FROM schedules`);
    for (const row of schedules.all() as Fired[]) {
      const { created_at: createdAt, last_planned: last, every, name } = row;
      const length = (last - createdAt) / every;
      const planned = Array.from({ length }, (_, at) => createdAt + (at + 1) * every);
      assert.deepEqual(recorded(db, row), planned, `${name} after kill ${round}`);
    }
    for (const text of parted) assert.deepEqual(db.prepare(text).all(), [], text);
    db.close();
  }
});
