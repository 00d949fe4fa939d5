import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { limits } from "../../lib/base/limits.ts";
import { anyTime } from "../../lib/log/chunk.ts";
import * as read from "../../lib/log/read.sql.ts";
import * as schema from "../../lib/log/schema.sql.ts";
import * as search from "../../lib/log/search.sql.ts";
import { SqliteLogEngine } from "../../lib/log/sqlite.ts";
import { openLogFile } from "../../lib/log/sqlite-open.ts";
import * as write from "../../lib/log/write.sql.ts";
import { chunkOf, numbered, tempFile, tempStore, texts } from "./fixture.ts";

test("every hot statement searches an index: no scan, no sorting", (t) => {
  const db = openLogFile(tempFile(t));
  t.after(() => db.close());
  const indexes: Record<string, RegExp> = {
    [read.readForward]: /INDEX log_chunk_job \(space=\? AND job=\? AND no>\?\)/,
    [read.readBackward]: /INDEX log_chunk_job \(space=\? AND job=\?\)/,
    [write.findJobChunks]: /INDEX log_chunk_job \(space=\? AND job=\?\)/,
    [write.findOldestChunks]: /INDEX log_chunk_age \(space=\?\)/,
    [write.deleteChunk]: /INTEGER PRIMARY KEY/,
    [write.addSpaceBytes]: /INTEGER PRIMARY KEY/,
    [write.readSpaceBytes]: /INTEGER PRIMARY KEY/,
    [write.readNextNo]: /INTEGER PRIMARY KEY/,
    [write.writeNextNo]: /INTEGER PRIMARY KEY/,
    [read.findForgotten]: /PRIMARY KEY \(space=\? AND job=\?\)/,
    [write.dropForgotten]: /INDEX log_forgotten_at \(at<\?\)/,
    [schema.findSpace]: /INDEX sqlite_autoindex_log_space_1/,
    [search.walkJob]: /INDEX log_chunk_job \(space=\? AND job=\? AND no<\?\)/,
    [search.walkTail]: /INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/,
    [search.walkNext]: /INTEGER PRIMARY KEY \(rowid>\?\)/,
    [search.readPosition]: /INTEGER PRIMARY KEY/,
    [search.writePosition]: /INTEGER PRIMARY KEY/,
  };
  const bounds = { from: 0, until: 1, high: 1, indexed: 1 };
  for (const [statement, index] of Object.entries(indexes)) {
    const values = statement.includes(":space")
      ? [{ space: 1, job: "j", no: 0, attempt: null, limit: 1, ...bounds }]
      : Array.from({ length: statement.split("?").length - 1 }, () => 1);
    const rows = db.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(...values);
    const plan = rows.map((row) => (row as { detail: string }).detail).join("; ");
    assert.match(plan, index);
    assert.doesNotMatch(plan, /SCAN|TEMP B-TREE/);
  }
});

test("a search goes through what the index names, from the newest on, without sorting", (t) => {
  const db = openLogFile(tempFile(t));
  t.after(() => db.close());
  const bound = { space: 1, from: 0, until: 1, high: 1, match: '"word"' };
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${search.walkFound}`).all(bound);
  const plan = rows.map((row) => (row as { detail: string }).detail);
  assert.equal(plan.length, 2);
  assert.match(plan[0] as string, /^SCAN w VIRTUAL TABLE INDEX \d+:M\d+</);
  assert.match(plan[1] as string, /^SEARCH c USING INTEGER PRIMARY KEY/);
});

test("a file of the first days gets what it has not", async (t) => {
  const file = tempFile(t);
  openLogFile(file).exec("DROP TABLE log_forgotten").close();
  const store = tempStore(t, "inline", file);
  assert.equal(await store.forget(["j"], 1000), 0);
  await store.append([chunkOf("j", 1, ["late"], 999)]);
  assert.deepEqual((await store.read({ id: "j" })).items, []);
});

test("the file is in WAL with synchronous NORMAL", (t) => {
  const db = openLogFile(tempFile(t));
  t.after(() => db.close());
  assert.equal(db.pragma("journal_mode", { simple: true }), "wal");
  assert.equal(db.pragma("synchronous", { simple: true }), 1);
});

test("a full disk rejects a whole append, which succeeds once there is room", async (t) => {
  const db = openLogFile(tempFile(t));
  const engine = new SqliteLogEngine(db, "default");
  t.after(() => engine.close());
  const pages = db.pragma("page_count", { simple: true }) as number;
  db.pragma(`max_page_count = ${pages + 4}`);
  const chunks = numbered(50).map((text) => chunkOf("j", 1, [text + "x".repeat(1000)]));
  assert.throws(() => engine.append(chunks), { code: "ERR_ERGATE_STORE_FULL", retryable: true });
  const start = { from: { no: 0, line: 0 }, times: anyTime };
  const query = { id: "j", attempt: undefined, ...start, lines: 100, tail: false };
  assert.deepEqual(engine.read(query).nos, []);
  db.pragma(`max_page_count = ${pages + 1000}`);
  engine.append(chunks);
  assert.equal(engine.read(query).nos.length, 50);
});

test("what pruning frees is given back to the disk, in slices", (t) => {
  const db = openLogFile(tempFile(t));
  const engine = new SqliteLogEngine(db, "default");
  t.after(() => engine.close());
  const text = "x".repeat(50_000);
  const some = Array.from({ length: 100 }, () => chunkOf("j", 1, [text]));
  for (let at = 0; at < 8; at++) engine.append(some);
  const pages = () => db.pragma("page_count", { simple: true }) as number;
  const full = pages();
  assert.ok(full > 4 * limits.logFreePages);
  const bounds = { before: 1e15, bytesMax: 0 };
  let slices = 0;
  for (let more = true; more; slices++) {
    const before = pages();
    more = engine.prune(bounds, limits.pruneRows).more;
    // With the pages that say where others belong.
    assert.ok(before - pages() <= 1.01 * limits.logFreePages, `${before - pages()} pages at once`);
  }
  assert.ok(slices > 2);
  assert.ok(pages() < 2 * limits.logFreePages + 100, `${pages()} of ${full} pages are left`);
});

test("what is no log file is refused with a code, and left as it was", async (t) => {
  const junk = tempFile(t);
  writeFileSync(junk, "this is no database, but it is long enough to be read as one".repeat(20));
  const foreign = tempFile(t);
  new Database(foreign).exec("CREATE TABLE theirs (a)").close();
  const newer = tempFile(t);
  openLogFile(newer).exec("UPDATE ergate_log SET version = 99").close();
  const missing = join(dirname(junk), "no", "folder", "logs");
  const codes = {
    [junk]: "ERR_ERGATE_STORE_NOT_DATABASE",
    [foreign]: "ERR_ERGATE_STORE_FOREIGN",
    [newer]: "ERR_ERGATE_STORE_NEWER",
    [missing]: "ERR_ERGATE_STORE_OPEN",
  };
  for (const [file, code] of Object.entries(codes)) {
    for (const place of ["inline", "thread"] as const) {
      const store = tempStore(t, place, file);
      await assert.rejects(store.append([chunkOf("j", 1, ["x"])]), { name: "ErgateError", code });
      await store.close();
    }
  }
  const tables = new Database(foreign).prepare("SELECT name FROM sqlite_schema").pluck().all();
  assert.deepEqual(tables, ["theirs"]);
});

test("a damaged log file is reported as damaged", async (t) => {
  const file = tempFile(t);
  const store = tempStore(t, "inline", file);
  for (let at = 0; at < 50; at++) await store.append([chunkOf("j", 1, ["x".repeat(5000)])]);
  await store.close();
  const size = 4096;
  // Past the first pages, which hold the schema; the file is open nowhere.
  const { openSync, writeSync, closeSync } = await import("node:fs");
  const handle = openSync(file, "r+");
  for (let page = 4; page < 40; page++)
    writeSync(handle, Buffer.alloc(size, 0xee), 0, size, page * size);
  closeSync(handle);
  const again = tempStore(t, "thread", file);
  await assert.rejects(again.read({ id: "j" }), { code: "ERR_ERGATE_STORE_CORRUPT" });
});

test("namespaces of one file see nothing of each other", async (t) => {
  const file = tempFile(t);
  const one = tempStore(t, "inline", file, "one");
  const two = tempStore(t, "thread", file, "two");
  await one.append([chunkOf("j", 1, ["of one"])]);
  await two.append([chunkOf("j", 1, ["of two"]), chunkOf("k", 1, ["k"])]);
  assert.deepEqual(texts((await one.read({ id: "j" })).items), ["of one"]);
  assert.deepEqual(texts((await two.read({ id: "j" })).items), ["of two"]);
  assert.equal(await one.forget(["j", "k"]), 1);
  assert.equal((await one.prune({ before: 1e15, bytesMax: 0 }, 100)).chunks, 0);
  assert.equal((await two.prune({ before: 1e15, bytesMax: 0 }, 100)).chunks, 2);
});

test("a locked file is waited for, and the append under way is not lost", async (t) => {
  const file = tempFile(t);
  const store = tempStore(t, "thread", file);
  await store.append([chunkOf("j", 1, ["first"])]);
  const other = new Database(file);
  t.after(() => other.close());
  other.exec("BEGIN IMMEDIATE");
  const appended = store.append([chunkOf("j", 1, ["second"])]);
  const read = store.read({ id: "j" });
  other.exec("COMMIT");
  await appended;
  assert.deepEqual(texts((await read).items), ["first", "second"]);
});

test("reading and tidying make no file", async (t) => {
  const file = tempFile(t);
  const store = tempStore(t, "thread", file);
  assert.deepEqual((await store.read({ id: "j" })).items, []);
  assert.equal(await store.forget(["j"]), 0);
  assert.equal((await store.prune({ before: 0, bytesMax: 0 }, 1)).chunks, 0);
  await store.close();
  assert.equal(existsSync(file), false);
});
