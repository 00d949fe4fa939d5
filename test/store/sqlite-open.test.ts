import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import Database from "better-sqlite3";
import { openSqlite } from "../../lib/store/sqlite/store.ts";

const folder = mkdtempSync(join(tmpdir(), "ergate-open-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const open = (file: string, place: "inline" | "thread" = "inline") =>
  openSqlite({ file, durability: "fsync", namespace: "default", place });

for (const place of ["inline", "thread"] as const) {
  test(`${place}: a file that is no database is refused and left as it was`, async () => {
    const file = join(folder, `${place}.txt`);
    writeFileSync(
      file,
      "not a database at all, but long enough to have a header of its own ".repeat(20),
    );
    const before = readFileSync(file);
    await assert.rejects(open(file, place), { code: "ERR_ERGATE_STORE_NOT_DATABASE" });
    assert.deepEqual(readFileSync(file), before);
  });
}

test("another program's database is refused and left as it was", async () => {
  const file = join(folder, "foreign.db");
  const foreign = new Database(file);
  foreign.exec("CREATE TABLE theirs (x)");
  foreign.close();
  const before = readFileSync(file);
  await assert.rejects(open(file), { code: "ERR_ERGATE_STORE_FOREIGN" });
  assert.deepEqual(readFileSync(file), before);
});

test("a database of a newer Ergate is refused, and says which schema it has", async () => {
  const file = join(folder, "newer.db");
  await (await open(file)).close();
  const db = new Database(file);
  db.prepare("INSERT INTO versions (version, applied_at) VALUES (99, 0)").run();
  db.close();
  await assert.rejects(open(file), { code: "ERR_ERGATE_STORE_NEWER", message: /schema 99/ });
});

test("a folder that is missing, and a folder in the file's place, are refused", async () => {
  const code = "ERR_ERGATE_STORE_OPEN";
  await assert.rejects(open(join(folder, "no", "such", "jobs.db")), { code });
  mkdirSync(join(folder, "taken.db"));
  await assert.rejects(open(join(folder, "taken.db")), { code });
});

test("a damaged file is refused by its code", async () => {
  const file = join(folder, "damaged.db");
  await (await open(file)).close();
  const bytes = readFileSync(file);
  bytes.fill(0xff, 100, 2_000);
  writeFileSync(file, bytes);
  await assert.rejects(open(file), { code: "ERR_ERGATE_STORE_CORRUPT" });
});

test("an opened database is opened again with its schema as it is", async () => {
  const file = join(folder, "again.db");
  await (await open(file)).close();
  const store = await open(file);
  const health = await store.read({ type: "health" });
  assert.equal(health.schema, 1);
  assert.deepEqual(health.problems, []);
  await store.close();
});

test("the durability chosen is the one that SQLite has", async () => {
  for (const [durability, synchronous] of [
    ["fsync", 2],
    ["wal", 1],
    ["memory", 0],
  ] as const) {
    const { openForWriting } = await import("../../lib/store/sqlite/open.ts");
    const { db } = openForWriting(join(folder, `${durability}.db`), durability, 0);
    assert.equal(db.pragma("synchronous", { simple: true }), synchronous);
    assert.equal(db.pragma("journal_mode", { simple: true }), "wal");
    db.close();
  }
});

test("a copy made while the store is used opens as a store of its own", async () => {
  const store = await open(join(folder, "source.db"));
  const copy = join(folder, "copy.db");
  await store.backup(copy);
  await assert.rejects(store.backup(copy), { code: "ERR_ERGATE_STORE_OPEN" });
  const copied = await open(copy);
  assert.deepEqual((await copied.read({ type: "health" })).problems, []);
  await copied.close();
  await store.close();
});
