import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { logSinkActor } from "../../actors/log-sink.ts";
import { ErgateError } from "../../lib/base/error.ts";
import { limits } from "../../lib/base/limits.ts";
import { testSystem } from "../../lib/kernel/testkit.ts";
import { anyTime, type LogChunk } from "../../lib/log/chunk.ts";
import { LogCollector } from "../../lib/log/collector.ts";
import type { PruneBounds } from "../../lib/log/engine.ts";
import { Forgets } from "../../lib/log/forgets.ts";
import { pageOf } from "../../lib/log/page.ts";
import { SqliteLogEngine } from "../../lib/log/sqlite.ts";
import { openLogFile } from "../../lib/log/sqlite-open.ts";
import { type LogStore, openLogStore } from "../../lib/log/store.ts";
import { tempFile } from "../log/fixture.ts";
import { bounded, silent, turns } from "./kit.ts";

function memoryStore(): LogStore {
  const inner = openLogStore({ file: ":memory:", namespace: "default" });
  return {
    ...{ append: inner.append.bind(inner), read: inner.read.bind(inner) },
    ...{ search: inner.search.bind(inner), forget: inner.forget.bind(inner) },
    ...{ prune: inner.prune.bind(inner), close: inner.close.bind(inner) },
  };
}

/**
 * A sink over a real file whose size has a quota, as a disk has; `poison` is a job whose lines the
 * store refuses.
 */
function onDisk(t: TestContext, settings: { poison?: string; pendingBytes?: number } = {}) {
  const kit = testSystem(1, { hop: () => turns(20) });
  const db = openLogFile(tempFile(t));
  const engine = new SqliteLogEngine(db, "default");
  t.after(() => engine.close());
  const appends: number[] = [];
  const append = async (chunks: readonly LogChunk[]) => {
    appends.push(chunks.length);
    const made = chunks.map((each) => (each.id === settings.poison ? { ...each, lines: 0 } : each));
    engine.append(made);
  };
  const prune = async (bounds: PruneBounds, limit: number) => engine.prune(bounds, limit);
  const { search, read, forget, close } = memoryStore();
  const store = { search, read, forget, close, append, prune };
  const { pendingBytes = limits.logPendingBytes } = settings;
  const wake = () => void ref.tell({ type: "lines" });
  const collector = new LogCollector({ clock: kit.clock, wake, pendingBytes });
  const retention = { ageMs: 10_000, bytes: 1_000_000 };
  const rest = { forgets: new Forgets(), commitTimeoutMs: 1000, retention };
  const ref = kit.system.spawn(
    "log-sink",
    logSinkActor({ logger: silent, collector, store, ...rest }),
  );
  const start = { attempt: undefined, from: { no: 0, line: 0 }, lines: 1000, tail: false };
  const texts = (id: string) => {
    const query = { ...start, id, times: anyTime };
    return pageOf(engine.read(query), query).items.map(({ text }) => text);
  };
  const quota = (pages: number) => {
    const used = db.pragma("page_count", { simple: true }) as number;
    db.pragma(`max_page_count = ${used + pages}`);
  };
  return { ...kit, collector, ref, texts, quota, appends, engine };
}

test(
  "on a full disk lines wait, their producers pause, and once there is room none is missing",
  bounded,
  async (t) => {
    const { clock, settle, advanceAsync, collector, texts, quota, appends } = onDisk(t, {
      pendingBytes: 50_000,
    });
    quota(4);
    const written: string[] = [];
    const run = collector.run("j", 1);
    // As a pipe writes: it stops while the collector is behind.
    while (!collector.behind()) {
      written.push(`line ${written.length} ${"x".repeat(500)}`);
      run.line(clock.now(), "stdout", "info", written.at(-1) as string);
    }
    const room = collector.room().then(() => "room");
    await settle();
    assert.deepEqual(texts("j"), []);
    for (let turn = 0; turn < 5; turn++) await advanceAsync(limits.storeRetryMsMax);
    assert.ok(appends.length >= 5, `${appends.length} tries`);
    assert.deepEqual([texts("j"), collector.stats().lostLines, collector.behind()], [[], 0, true]);
    quota(1_000);
    await advanceAsync(limits.storeRetryMsMax);
    assert.equal(await room, "room");
    run.line(clock.now(), "stdout", "info", "after it");
    await advanceAsync(1000);
    assert.deepEqual(texts("j"), [...written, "after it"]);
    assert.deepEqual([collector.stats().pendingLines, collector.stats().cutLines], [0, 0]);
  },
);

test("tries on a full disk come further and further apart", bounded, async (t) => {
  const { advanceAsync, collector, quota, appends } = onDisk(t);
  quota(0);
  collector.run("j", 1).info("x".repeat(60_000));
  await advanceAsync(1000);
  const waits: number[] = [];
  for (let wait = 0; waits.length < 5; wait++) {
    const tries = appends.length;
    await advanceAsync(1);
    if (appends.length > tries) waits.push(wait);
  }
  const gaps = waits.slice(1).map((at, index) => at - (waits[index] as number));
  assert.deepEqual(
    gaps,
    gaps.map((_, at) => Math.min((gaps[0] as number) * 2 ** at, limits.storeRetryMsMax)),
  );
});

test(
  "lines that the store refuses are lost and counted, and their neighbours are stored",
  bounded,
  async (t) => {
    const { advanceAsync, collector, texts } = onDisk(t, { poison: "poison" });
    const jobs = Array.from({ length: 9 }, (_, at) => `job ${at}`);
    jobs.splice(3, 0, "poison");
    for (const id of jobs) collector.run(id, 1).info(`of ${id}`);
    const flushed = collector.flush().then(
      () => "stored",
      (error) => error.code,
    );
    await advanceAsync(1000);
    for (const id of jobs) assert.deepEqual(texts(id), id === "poison" ? [] : [`of ${id}`]);
    assert.equal(collector.stats().lostLines, 1);
    assert.equal(collector.stats().pendingLines, 0);
    assert.equal(await flushed, "stored");
  },
);

test("what waits is stored when the sink ends", bounded, async (t) => {
  const { system, settle, collector, texts } = onDisk(t);
  const run = collector.run("j", 1);
  for (let at = 0; at < 50; at++) run.info(`line ${at}`);
  const closed = system.close(1000);
  await settle();
  await closed;
  assert.equal(texts("j").length, 50);
});

test("a sweep goes on until all that is past the retention is gone", bounded, async (t) => {
  const { settle, advanceAsync, collector, ref, texts, engine } = onDisk(t);
  for (let at = 0; at < 3 * limits.pruneRows; at++) {
    const body = "0li1:x\n";
    engine.append([{ id: "old", attempt: 1, at, lastAt: at, lines: 1, bytes: 17, body }]);
  }
  collector.run("new", 1).info("x");
  await advanceAsync(1000);
  ref.tell({ type: "sweep" });
  await settle();
  assert.deepEqual([texts("old"), texts("new")], [[], ["x"]]);
});

/** A sink over a store in memory whose `forget` fails with what stands in `faults`, in turn. */
function sink(faults: Error[]) {
  const kit = testSystem(1, { hop: () => turns(20) });
  const inner = memoryStore();
  const store = {
    ...inner,
    async forget(ids: readonly string[], at?: number) {
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      return inner.forget(ids, at);
    },
  };
  const collector = new LogCollector({ clock: kit.clock, wake: () => ref.tell({ type: "lines" }) });
  const forgets = new Forgets();
  const retention = { ageMs: 1000, bytes: Number.POSITIVE_INFINITY };
  const parts = { logger: silent, collector, store, forgets, commitTimeoutMs: 1000, retention };
  const ref = kit.system.spawn("log-sink", logSinkActor(parts));
  const texts = async (id: string) => (await inner.read({ id })).items.map(({ text }) => text);
  return { ...kit, collector, forgets, ref, texts };
}

test("lines of a deleted job that can't be deleted now are deleted later", bounded, async () => {
  const locked = new ErgateError("ERR_ERGATE_STORE_LOCKED", "locked");
  const { clock, settle, advanceAsync, collector, forgets, ref, texts } = sink([locked, locked]);
  for (const id of ["gone", "kept"]) collector.run(id, 1).info("a line");
  let done = 0;
  void forgets.add(["gone"], clock.now())?.then(() => done++);
  ref.tell({ type: "forget" });
  await settle();
  assert.deepEqual([await texts("gone"), done], [["a line"], 0]);
  await advanceAsync(limits.storeRetryMs);
  assert.deepEqual([await texts("gone"), done], [["a line"], 0]);
  await advanceAsync(2 * limits.storeRetryMs);
  assert.deepEqual([await texts("gone"), await texts("kept"), done], [[], ["a line"], 1]);
});

test("what will never be deleted is given up, and holds up nobody", bounded, async () => {
  const { settle, collector, forgets, ref, texts } = sink([new Error("never")]);
  for (const id of ["stays", "gone"]) collector.run(id, 1).info("a line");
  const done = [forgets.add(["stays"], undefined), forgets.add(["gone"], undefined)];
  ref.tell({ type: "forget" });
  await settle();
  await Promise.all(done);
  assert.deepEqual([await texts("stays"), await texts("gone")], [["a line"], []]);
});

test("past their limit deleted jobs are left to the retention of their lines", () => {
  const forgets = new Forgets();
  const many = Array.from({ length: limits.logForgets }, (_, at) => `${at}`);
  assert.ok(forgets.add(many, undefined) !== undefined);
  assert.equal(forgets.add(["more"], undefined), undefined);
  forgets.done();
  assert.ok(forgets.add(["more"], undefined) !== undefined);
});
