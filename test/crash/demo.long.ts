import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/base/clock.ts";
import { type Random, seededRandom } from "../../lib/base/random.ts";
import { checkSettled, type Row, type Run, readRows, readRuns } from "./demo-evidence.ts";

/**
 * `kill -9` of `ergate demo` at random moments, thirty times, then one last start. The evidence
 * that nothing was lost or done twice: what each handler appended to a file as it was entered and
 * as it returned, against the rows that the database holds after each kill.
 */

const { ERGATE_CRASH_ROUNDS, ERGATE_CRASH_FILES, ERGATE_CRASH_SEED } = process.env;
const rounds = Number(ERGATE_CRASH_ROUNDS ?? 30);
const files = Number(ERGATE_CRASH_FILES ?? 5_000);
const seed = Number(ERGATE_CRASH_SEED ?? Math.floor(systemClock.now() / 1000));
const bin = fileURLToPath(new URL("../../actors/bin.ts", import.meta.url));
/** What a run without kills would take for hashing. */
const wholeMs = 10_000;
const threads = 2;
/**
 * Share of the kills that come at any moment of a start; the others, once files are hashed again.
 */
const earlyShare = 0.3;
const startMs = 1_500;
const killWithinMs = 250;
/**
 * DESIGN: what a dead process left runs again within 2 s of the next start. Counted from the spawn,
 * so one more for Node to load the sources, in this thread and each of the others.
 */
const rerunMsMax = 3_000;

test(`${rounds} rounds of kill -9 lose nothing and settle nothing twice`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), "ergate-crash-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  makeTree(folder, random);
  let rows = new Map<string, Row>();
  let [inFlight, orphans, slowestMs] = [0, 0, 0];
  for (let round = 1; round <= rounds; round++) {
    const before = readRuns(traceOf(folder));
    const left = orphansOf(before, rows);
    const tookMs = await killAtRandom(start(folder), folder, random, left);
    if (tookMs !== undefined && left.size > 0) slowestMs = Math.max(slowestMs, tookMs);
    const now = readRows(join(folder, "demo.db"));
    assert.ok(now.sound, "integrity_check");
    checkSettled(rows, now.rows);
    checkRuns(readRuns(traceOf(folder)).slice(before.length), rows);
    rows = now.rows;
    const entered = orphansOf(readRuns(traceOf(folder)), rows).size;
    orphans += entered;
    const done = [...rows.values()].filter(({ state }) => state === "completed").length;
    t.diagnostic(
      `round ${round}: ${done} of ${rows.size} done, ${entered} in flight, ${tookMs} ms`,
    );
    if (entered > 0) inFlight++;
  }
  const open = files - [...rows.values()].filter(({ state }) => state === "completed").length;
  const before = readRuns(traceOf(folder)).length;
  const { files: done, failed } = await finish(folder);
  assert.deepEqual([done, failed], [files, 0]);
  const runs = readRuns(traceOf(folder));
  checkRuns(runs.slice(before), rows);
  checkEnd(folder, runs);
  t.diagnostic(`${rounds} rounds, ${files} files, ${runs.length} runs, ${open} files for the last`);
  t.diagnostic(`${inFlight} kills with files in flight, ${orphans} orphans`);
  t.diagnostic(`all orphans ran again within ${Math.round(slowestMs)} ms of the start`);
  assert.ok(slowestMs <= rerunMsMax);
});

/** Sparse files, so large in all that no run is finished before its kill; they cost no disk. */
function makeTree(folder: string, random: Random): void {
  const bytesMax = (2 * hashRate() * threads * wholeMs) / files;
  for (let at = 0; at < files; at++) {
    const sub = join(folder, "tree", `d${at % 71}`);
    if (at < 71) mkdirSync(sub, { recursive: true });
    const path = join(sub, `file ${at}`);
    writeFileSync(path, `${at}`);
    truncateSync(path, Math.floor(random.next() * bytesMax) + 10);
  }
}

/** Bytes a millisecond that a thread hashes here. */
function hashRate(): number {
  const block = Buffer.alloc(32 * 1024 * 1024);
  const began = systemClock.monotonic();
  createHash("sha256").update(block).digest();
  return block.length / (systemClock.monotonic() - began);
}

function start(folder: string): ChildProcess {
  const env = { ...process.env, ERGATE_DEMO_TRACE: traceOf(folder), INIT_CWD: folder };
  const args = [bin, "demo", "tree", "--db", "demo.db", "--threads", `${threads}`, "--json"];
  return spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"] });
}

function traceOf(folder: string): string {
  return join(folder, "trace");
}

/** Runs that were entered and not settled: they must run again. */
function orphansOf(runs: readonly Run[], rows: ReadonlyMap<string, Row>): Set<string> {
  const running = runs.filter(({ id, fence }) => {
    const row = rows.get(id);
    return row?.state === "running" && row.fence === fence;
  });
  return new Set(running.map(({ id }) => id));
}

/**
 * Kills the child at a random moment: of its whole start, or after it ran again what the last one
 * left. Returns the ms from its start until then, undefined for a kill that did not wait for it.
 */
async function killAtRandom(
  child: ChildProcess,
  folder: string,
  random: Random,
  orphans: ReadonlySet<string>,
): Promise<number | undefined> {
  const began = systemClock.monotonic();
  const closed = once(child, "close");
  const known = readRuns(traceOf(folder)).length;
  const early = random.next() < earlyShare;
  let tookMs: number | undefined;
  if (!early) {
    await until(child, () => hasRun(readRuns(traceOf(folder)).slice(known), orphans));
    tookMs = systemClock.monotonic() - began;
  }
  await moment(random.next() * (early ? startMs : killWithinMs));
  child.kill("SIGKILL");
  await closed;
  assert.equal(child.signalCode, "SIGKILL", "the tree is too small: a run ended before its kill");
  return tookMs;
}

function hasRun(runs: readonly Run[], ids: ReadonlySet<string>): boolean {
  const ran = new Set(runs.map(({ id }) => id));
  return ran.size > 0 && [...ids].every((id) => ran.has(id));
}

async function until(child: ChildProcess, done: () => boolean): Promise<void> {
  while (!done()) {
    assert.equal(child.exitCode, null, "it ended before it got that far");
    await moment(5);
  }
}

function moment(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(ms, resolve));
}

/** What was settled before a start is not run again after it. */
function checkRuns(runs: readonly Run[], before: ReadonlyMap<string, Row>): void {
  for (const { id } of runs) {
    assert.notEqual(before.get(id)?.state, "completed", `job ${id} ran though it was settled`);
  }
}

async function finish(folder: string): Promise<{ files: number; failed: number }> {
  const child = start(folder);
  const [output, [code]] = await Promise.all([
    child.stdout === null ? "" : text(child.stdout),
    once(child, "close"),
  ]);
  assert.equal(code, 0);
  return JSON.parse(output);
}

function checkEnd(folder: string, runs: readonly Run[]): void {
  const { rows, sound } = readRows(join(folder, "demo.db"));
  assert.ok(sound, "integrity_check");
  assert.equal(rows.size, files);
  const lastRun = new Map(runs.map((run) => [run.id, run]));
  for (const row of rows.values()) {
    assert.deepEqual([row.state, row.attempt], ["completed", 1]);
    const { fence, ended } = lastRun.get(row.id) as Run;
    assert.deepEqual([fence, ended], [row.fence, true], `job ${row.id} was settled by another run`);
  }
  const names = readFileSync(join(folder, "SHA256SUMS"), "utf8").trimEnd().split("\n");
  assert.equal(new Set(names.map((line) => line.slice(66))).size, files);
  assert.equal(names.length, files);
  execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: folder });
}
