import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { openSqlite } from "../../lib/store/sqlite/store.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { end, enqueue, job, keptRuns, type Member, member, one, t0, uniqueKey } from "./kit.ts";

/** The rows behind unique keys: one that nobody holds any more would stay for ever. */

function storageOf(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "ergate-uniques-"));
  const file = join(folder, "jobs.db");
  const open = (namespace = "default") =>
    openSqlite({ file, durability: "memory", namespace, place: "inline" });
  const stores: JobStore[] = [];
  t.after(async () => {
    for (const store of stores) await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    file,
    async open(namespace?: string) {
      const store = await open(namespace);
      stores.push(store);
      return store;
    },
    dispose: async () => undefined,
  };
}

/** Keys that are held, with the numbers of their jobs. */
function heldIn(file: string): string[] {
  const db = new Database(file, { readonly: true });
  const rows = db.prepare("SELECT key FROM uniques ORDER BY key").all() as { key: string }[];
  db.close();
  return rows.map(({ key }) => key);
}

const keyed = (id: string) => job(id, { unique: uniqueKey(`of ${id}`, { until: 1_000 }) });

const ways: Record<string, (who: Member) => Promise<unknown>> = {
  "a delete": (who) => one(who.store, { type: "delete", ids: ["one"] }),
  "a purge": (who) => one(who.store, { type: "purge", queue: "mail", limit: 9 }),
  async "a stop and the end of its period"(who) {
    await end(who, "stop", "one");
    const never = Number.POSITIVE_INFINITY;
    const each = { completed: never, stopped: never, cancelled: never, dead: never };
    const retention = { ageMs: each, count: each, bytes: never, runs: keptRuns };
    await one(who.store, { type: "prune", retention, now: t0 + 1_000, limit: 9 });
  },
};

for (const [way, act] of Object.entries(ways)) {
  test(`${way} leaves no row of the job's key`, async (t) => {
    const storage = storageOf(t);
    const who = await member(storage, "a");
    await enqueue(who.store, [keyed("one")]);
    assert.deepEqual(heldIn(storage.file), ["of one"]);
    await act(who);
    assert.deepEqual(heldIn(storage.file), []);
  });
}

test("a job whose id is a duplicate leaves no row of the key that it came with", async (t) => {
  const storage = storageOf(t);
  const who = await member(storage, "a");
  await enqueue(who.store, [job("one"), job("7")]);
  const many = Array.from({ length: 16 }, (_, at) => keyed(`${at}`));
  await enqueue(who.store, [keyed("one"), ...many]);
  const ids = many.map(({ id }) => id).filter((id) => id !== "7");
  assert.deepEqual(heldIn(storage.file), ids.map((id) => `of ${id}`).sort());
});

test("plain jobs leave no row at all", async (t) => {
  const storage = storageOf(t);
  const who = await member(storage, "a");
  await enqueue(
    who.store,
    Array.from({ length: 20 }, (_, at) => job(`${at}`, { parent: "p", depth: 1 })),
  );
  assert.deepEqual(heldIn(storage.file), []);
});

test("a key whose job another program deleted or ended is taken over", async (t) => {
  const storage = storageOf(t);
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("gone"), keyed("ended")]);
  await who.store.close();
  const db = new Database(storage.file);
  db.exec("DELETE FROM jobs WHERE id = 'gone'");
  db.exec("UPDATE jobs SET state = 'stopped', finished_at = 1 WHERE id = 'ended'");
  db.close();
  const again = await member(storage, "b");
  const next = ["gone", "ended"].map((id) => ({ ...keyed(id), id: `after ${id}` }));
  assert.deepEqual((await enqueue(again.store, next)).duplicates, []);
  const { duplicates } = await enqueue(again.store, [{ ...keyed("gone"), id: "third" }]);
  assert.deepEqual(duplicates, [
    { type: "duplicate", at: 0, id: "after gone", state: "available" },
  ]);
});
