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

const writer = new URL("./fixture/unique-writer.ts", import.meta.url).pathname;
const random = seededRandom(2026);

/** Lets two processes write until so many commits of the first were acknowledged, and kills both. */
async function killedAfter(file: string, lines: number): Promise<void> {
  const children = [1, 2].map(() =>
    spawn(process.execPath, [writer, file], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  const exits = children.map((child) => once(child, "exit"));
  let printed = 0;
  for (const child of children) {
    createInterface({ input: child.stdout }).on("line", () => {
      if (++printed === lines) for (const each of children) each.kill("SIGKILL");
    });
  }
  await Promise.all(exits);
  assert.ok(printed >= lines, "the writers ended by themselves");
}

/** A key without a job that still needs it: nobody would ever free it. */
const ownerless = `
SELECT uniques.key FROM uniques LEFT JOIN jobs ON jobs.seq = uniques.job
WHERE expires_at IS NULL AND (jobs.seq IS NULL OR jobs.finished_at IS NOT NULL
  OR jobs.unique_key <> uniques.key OR (unique_until = 'started' AND state = 'running'))`;

/**
 * A waiting job without its key, though nobody has it: a second one could come beside it. One whose
 * run had started, or whose key a follow-up took, may be without.
 */
const keyless = `
SELECT seq FROM jobs
WHERE state IN ('available', 'scheduled') AND attempt = 0 AND fence = 0 AND unique_key IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM uniques WHERE key = jobs.unique_key AND job = jobs.seq)`;

/** Jobs that would hold one key at a time, those aside that had started when the next one came. */
const shared = `
SELECT unique_key FROM jobs
WHERE finished_at IS NULL AND fence = 0 AND unique_key IS NOT NULL
GROUP BY unique_key HAVING COUNT(*) > 1`;

test("kill -9 in the middle of it leaves no key with two holders, and none without", {
  timeout: 60_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ergate-crash-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "jobs.db");
  for (let round = 0; round < 5; round++) {
    await killedAfter(file, 5 + Math.floor(random.next() * 40));
    const db = new Database(file);
    assert.deepEqual(db.pragma("integrity_check"), [{ integrity_check: "ok" }]);
    for (const [name, text] of Object.entries({ ownerless, keyless, shared })) {
      assert.deepEqual(db.prepare(text).all(), [], `${name} after kill ${round}`);
    }
    assert.ok((db.prepare("SELECT COUNT(*) AS n FROM uniques").get() as { n: number }).n > 0);
    db.close();
  }
});
