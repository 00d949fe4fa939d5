import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { test } from "node:test";
import Database from "better-sqlite3";
import { defineJob } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { limits } from "../../lib/base/limits.ts";
import { newFile, started } from "./kit.ts";

const seconds = 10;
const linesASecond = 10_000;
const jobs = 10;

/** Writes its share as the clock goes, whatever the turns of the loop. */
const steady = defineJob("steady", {
  async run(_args, ctx) {
    const begun = systemClock.monotonic();
    const share = (linesASecond / jobs) * seconds;
    for (let written = 0; written < share; ) {
      const due = Math.min(
        share,
        ((systemClock.monotonic() - begun) * linesASecond) / jobs / 1_000,
      );
      while (written < due) ctx.log.info(`line ${written++}`);
      await new Promise<void>((resolve) => void systemClock.after(5, resolve));
    }
  },
});

test("10 000 lines a second for 10 s: none missing, in batches of 100, none older than 1 s", async (t) => {
  const file = newFile(t);
  const runtime = await started(t, { storage: file, jobs: [steady] });
  const stalls = monitorEventLoopDelay({ resolution: 1 });
  stalls.enable();
  const requests = Array.from({ length: jobs }, () => ({ job: steady }));
  const receipts = await runtime.enqueueMany(requests);
  let oldestMs = 0;
  let over = false;
  const ended = Promise.all(receipts.map(({ id }) => runtime.result(id))).then(() => {
    over = true;
  });
  // Another process's eyes: how far what is stored stands behind the clock.
  await new Promise<void>((resolve) => void systemClock.after(1_000, resolve));
  const db = new Database(`${file}-logs`, { readonly: true });
  t.after(() => db.close());
  const newest = db
    .prepare("SELECT MAX(last_at) FROM log_chunk WHERE no > (SELECT next_no - 100 FROM ergate_log)")
    .pluck();
  while (!over) {
    oldestMs = Math.max(oldestMs, systemClock.now() - (newest.get() as number));
    await new Promise<void>((resolve) => void systemClock.after(20, resolve));
  }
  await ended;
  stalls.disable();
  await runtime.stop();
  const stallMs = stalls.max / 1e6;
  const rows = db.prepare("SELECT lines, last_at - at AS spanMs FROM log_chunk").all() as {
    lines: number;
    spanMs: number;
  }[];
  const stored = rows.reduce((sum, { lines }) => sum + lines, 0);
  const spanMs = Math.max(...rows.map((row) => row.spanMs));
  t.diagnostic(
    `${rows.length} batches, the oldest line ${oldestMs} ms, longest stall ${stallMs} ms`,
  );
  assert.equal(stored, linesASecond * seconds);
  assert.ok(rows.every(({ lines }) => lines <= limits.logBatchLines));
  assert.ok(
    spanMs <= limits.logCommitMs + stallMs,
    `${spanMs} ms from a batch's first line to its last`,
  );
  assert.ok(oldestMs <= limits.logCommitMs + 2 * stallMs + 200, `${oldestMs} ms behind`);
  for (const { id } of receipts) {
    const own = db
      .prepare("SELECT COUNT(*) FROM log_chunk WHERE job = ?")
      .pluck()
      .get(id) as number;
    assert.ok(own >= seconds, `${own} batches of one job`);
  }
});
