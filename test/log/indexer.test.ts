import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { Indexer } from "../../lib/log/indexer.ts";
import { SqliteLogEngine } from "../../lib/log/sqlite.ts";
import { openLogFile } from "../../lib/log/sqlite-open.ts";
import { chunkOf, numbered, tempFile, tempStore, texts } from "./fixture.ts";

/** An engine that has `left` chunks to index, one a step, and counts the steps. */
function setup(left: number) {
  const clock = new VirtualClock();
  const indexer = new Indexer(clock);
  const engine = {
    left,
    steps: 0,
    fault: undefined as Error | undefined,
    behind: () => engine.left,
    index() {
      engine.steps++;
      if (engine.fault !== undefined) throw engine.fault;
      return --engine.left;
    },
  };
  return { clock, indexer, engine };
}

test("the index goes on when no call has come for a while, and then to its end", () => {
  const { clock, indexer, engine } = setup(5);
  indexer.called(engine);
  clock.advance(limits.logIndexIdleMs);
  assert.equal(engine.steps, 0);
  indexer.called(engine);
  clock.advance(limits.logIndexIdleMs);
  assert.equal(engine.steps, 0);
  clock.advance(limits.logIndexIdleMs);
  assert.deepEqual([engine.steps, engine.left, clock.pending], [5, 0, 0]);
});

test("between calls that never end it goes on once it is far behind, a step at a time", () => {
  const { clock, indexer, engine } = setup(limits.logIndexBehindChunks + 2);
  for (let turn = 0; turn < 5; turn++) {
    indexer.called(engine);
    clock.advance(limits.logIndexIdleMs);
  }
  assert.deepEqual([engine.steps, engine.left], [2, limits.logIndexBehindChunks]);
});

test("a step that fails is tried again with the next call, and not before", () => {
  const { clock, indexer, engine } = setup(3);
  engine.fault = new Error("the disk is full");
  indexer.called(engine);
  clock.advance(60_000);
  assert.deepEqual([engine.steps, clock.pending], [1, 0]);
  engine.fault = undefined;
  indexer.called(engine);
  clock.advance(60_000);
  assert.equal(engine.left, 0);
});

test("after a stop it does nothing more", () => {
  const { clock, indexer, engine } = setup(3);
  indexer.called(engine);
  indexer.stop();
  clock.advance(60_000);
  assert.equal(engine.steps, 0);
});

test("an append puts nothing into the index; a later step does, and goes on after a crash", (t) => {
  const file = tempFile(t);
  const first = new SqliteLogEngine(openLogFile(file), "default");
  const count = 2 * limits.logIndexChunks + 10;
  first.append(Array.from({ length: count }, (_, at) => chunkOf("j", 1, [`word ${at}`])));
  assert.equal(first.behind(), count);
  assert.equal(first.index(), count - limits.logIndexChunks);
  // It is not closed properly: what it has not committed is gone, and where it stood is not.
  const second = new SqliteLogEngine(openLogFile(file), "other");
  t.after(() => [first, second].map((engine) => engine.close()));
  assert.equal(second.index(), 10);
  assert.equal(first.index(), 0);
  const db = openLogFile(file);
  t.after(() => db.close());
  assert.equal(db.prepare("SELECT COUNT(*) FROM log_word").pluck().get(), count);
  db.exec("INSERT INTO log_word (log_word) VALUES ('integrity-check')");
  first.forget(["j"], undefined);
  assert.equal(db.prepare("SELECT COUNT(*) FROM log_word").pluck().get(), 0);
});

test("a damaged chunk does not hold up those behind it", (t) => {
  const db = openLogFile(tempFile(t));
  const engine = new SqliteLogEngine(db, "default");
  t.after(() => engine.close());
  engine.append(["a", "b", "c"].map((id) => chunkOf(id, 1, ["word"])));
  db.exec("UPDATE log_chunk SET body = 'junk' WHERE job = 'b'");
  assert.equal(engine.index(), 0);
  const query = { job: undefined, before: { no: 99, line: 0 }, lines: 9 };
  const times = { from: 0, until: 1e9 };
  const terms = [{ words: ["word"], prefix: false }];
  const { lines } = engine.search({ ...query, times, terms });
  assert.deepEqual(
    lines.map(({ jobId }) => jobId),
    ["c", "a"],
  );
});

test("the log's thread brings the index up by itself", async (t) => {
  const file = tempFile(t);
  const store = tempStore(t, "thread", file);
  for (let at = 0; at < 5; at++) await store.append([chunkOf("j", 1, numbered(3, "word"))]);
  const engine = new SqliteLogEngine(openLogFile(file), "default");
  t.after(() => engine.close());
  while (engine.behind() > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(texts((await store.search("word 2", { limit: 1 })).items), ["word 2"]);
});
