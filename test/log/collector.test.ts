import assert from "node:assert/strict";
import { test } from "node:test";
import { ErgateError } from "../../lib/base/error.ts";
import { decode, type LogChunk } from "../../lib/log/chunk.ts";
import { type CollectorOptions, LogCollector } from "../../lib/log/collector.ts";
import type { LogLine } from "../../lib/log/line.ts";

function setup(options: Partial<CollectorOptions> = {}) {
  const world = { now: 1000, wakes: 0 };
  const collector = new LogCollector({
    clock: { now: () => world.now },
    wake: () => void world.wakes++,
    ...options,
  });
  return { collector, world };
}

function linesOf(chunks: readonly LogChunk[]): LogLine[] {
  const lines: LogLine[] = [];
  for (const chunk of chunks) decode(chunk, 0, Number.POSITIVE_INFINITY, lines);
  return lines;
}

/** Stores everything, and returns the texts in the order of storing. */
function drain(collector: LogCollector): string[] {
  const stored: LogLine[] = [];
  for (let chunks = collector.next(); chunks.length > 0; chunks = collector.next()) {
    stored.push(...linesOf(chunks));
    collector.stored();
  }
  return stored.map((line) => line.text);
}

async function pending(promise: Promise<unknown>): Promise<boolean> {
  const waits = Symbol("waits");
  return (await Promise.race([promise, Promise.resolve(waits)])) === waits;
}

test("a line carries its time, attempt, stream, level and text", () => {
  const { collector, world } = setup();
  const run = collector.run("j", 3);
  run.info("first");
  world.now = 1005;
  run.error("second", { a: 1 });
  run.line(990, "stderr", "error", "from a pipe");
  const [chunk] = collector.next();
  assert.deepEqual(linesOf([chunk as LogChunk]), [
    { at: 1000, attempt: 3, stream: "log", level: "info", text: "first" },
    { at: 1005, attempt: 3, stream: "log", level: "error", text: 'second {"a":1}' },
    { at: 990, attempt: 3, stream: "stderr", level: "error", text: "from a pipe" },
  ]);
  assert.equal(chunk?.lines, 3);
});

test("a level below the configured one is not kept, but a pipe's line is", () => {
  const { collector } = setup({ level: "warn" });
  const run = collector.run("j", 1);
  run.debug("no");
  run.info("no");
  run.warn("yes");
  run.line(1, "log", "info", "no, from a thread");
  run.line(1, "stdout", "info", "yes, a pipe");
  assert.deepEqual(drain(collector), ["yes", "yes, a pipe"]);
});

test("the sink is woken by the first line, by a batch of them, and by a flush", () => {
  const { collector, world } = setup({ batchLines: 10 });
  const run = collector.run("j", 1);
  run.info("x");
  assert.equal(world.wakes, 1);
  assert.equal(collector.due(), false);
  for (let at = 0; at < 20; at++) run.info("x");
  assert.equal(world.wakes, 2);
  assert.equal(collector.due(), true);
  drain(collector);
  assert.equal(collector.due(), false);
  run.info("x");
  void run.flush();
  assert.equal(world.wakes, 4);
  assert.equal(collector.due(), true);
});

test("a batch is handed out again until it is stored, and lines after it wait", () => {
  const { collector } = setup();
  const run = collector.run("j", 1);
  run.info("one");
  const batch = collector.next();
  run.info("two");
  assert.equal(collector.next(), batch);
  assert.deepEqual(collector.stats().pendingLines, 2);
  collector.stored();
  assert.deepEqual(drain(collector), ["two"]);
  assert.deepEqual([collector.stats().pendingLines, collector.stats().pendingBytes], [0, 0]);
});

test("a run's lines keep their order through flushes, full chunks and batches", () => {
  const { collector } = setup({ attemptBytes: Number.POSITIVE_INFINITY });
  const runs = [collector.run("a", 1), collector.run("b", 1)];
  const written: Record<string, string[]> = { a: [], b: [] };
  for (let at = 0; at < 3000; at++) {
    const run = runs[at % 2];
    const text = `${run?.id} ${at} ${"x".repeat(500)}`;
    run?.info(text);
    written[run?.id as string]?.push(text);
    if (at % 700 === 0) void run?.flush();
  }
  const stored = drain(collector);
  assert.deepEqual(
    stored.filter((text) => text.startsWith("a")),
    written.a,
  );
  assert.deepEqual(
    stored.filter((text) => text.startsWith("b")),
    written.b,
  );
});

test("flush resolves when the lines so far are stored, and not before", async () => {
  const { collector } = setup();
  const run = collector.run("j", 1);
  await run.flush();
  run.info("one");
  const flushed = run.flush();
  const all = collector.flush();
  collector.next();
  assert.ok(await pending(flushed));
  run.info("two");
  collector.stored();
  await Promise.all([flushed, all]);
  assert.equal(collector.waitingLines, 1);
  assert.ok(await pending(run.flush()));
});

test("a run's flush waits for lines that another flush already handed over", async () => {
  const { collector } = setup();
  const run = collector.run("j", 1);
  run.info("one");
  void collector.flush();
  assert.ok(await pending(run.flush()));
  drain(collector);
  assert.equal(await pending(run.flush()), false);
});

test("lines that the store gave up are counted, and their flush rejects", async () => {
  const { collector } = setup();
  const run = collector.run("j", 1);
  run.info("one");
  const flushed = run.flush();
  collector.next();
  collector.lost(new ErgateError("ERR_ERGATE_STORE_CORRUPT", "damaged"));
  await assert.rejects(flushed, { code: "ERR_ERGATE_STORE_CORRUPT" });
  assert.equal(collector.stats().lostLines, 1);
  assert.equal(collector.stats().pendingBytes, 0);
});

test("past an attempt's bytes lines are cut: a marker at the cut, the count at the end", () => {
  const { collector } = setup({ attemptBytes: 100 });
  const run = collector.run("j", 1);
  const other = collector.run("k", 1);
  for (let at = 0; at < 10; at++) run.info(`line ${at} ${"x".repeat(20)}`);
  other.info("other");
  run.end();
  run.end();
  const stored = drain(collector);
  assert.deepEqual(
    stored.map((text) => text.replace(/ x+$/, "")),
    [
      "line 0",
      "line 1",
      "log cut at 100 bytes: what this attempt logs from here on is counted, not kept",
      "8 lines were cut (344 bytes)",
      "other",
    ],
  );
  assert.deepEqual([collector.stats().cutLines, collector.stats().cutBytes], [8, 344]);
});

test("while the store is behind, handlers' lines are cut, and marked where they miss", async () => {
  const { collector } = setup({ pendingBytes: 200 });
  const run = collector.run("j", 1);
  const room = async () => assert.equal(await pending(collector.room()), false);
  await room();
  for (let at = 0; at < 8; at++) run.info(`line ${at} ${"x".repeat(30)}`);
  assert.equal(collector.behind(), true);
  run.line(1, "stdout", "info", "a pipe's line is not cut: its sender waits");
  const caughtUp = collector.room();
  assert.ok(await pending(caughtUp));
  const before = drain(collector);
  assert.equal(collector.behind(), false);
  await caughtUp;
  run.info("after");
  assert.deepEqual(
    [...before, ...drain(collector)].map((text) => text.replace(/ x+$/, "")),
    [
      "line 0",
      "line 1",
      "line 2",
      "line 3",
      "4 lines were cut here (212 bytes): the log store was behind",
      "a pipe's line is not cut: its sender waits",
      "after",
    ],
  );
});

test("empty lines count, so that no run can log without end", () => {
  const { collector } = setup();
  const run = collector.run("j", 1);
  for (let at = 0; at < 200_000; at++) run.info("");
  assert.ok(collector.stats().lines < 140_000);
  assert.ok(collector.stats().cutLines > 60_000);
});

test("a line past 64 KiB is cut with a marker", () => {
  const { collector } = setup();
  collector.run("j", 1).info("x".repeat(100_000));
  const [line] = drain(collector);
  assert.equal(Buffer.byteLength(line as string), 64 * 1024);
  assert.match(line as string, /\[cut: the line had 100000 bytes\]$/);
});
