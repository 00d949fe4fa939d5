import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { limits } from "../../lib/base/limits.ts";
import { tellHooks } from "../../lib/store/sqlite/hook.sql.ts";
import { openSqlite } from "../../lib/store/sqlite/store.ts";
import {
  claimOne,
  completed,
  end,
  enqueue,
  job,
  member,
  one,
  settle,
  settlement,
  t0,
} from "./kit.ts";

const hook = JSON.stringify({ url: "http://a.example/", host: "a.example" });

/** A store whose totals say that so many events are there, as if a receiver had been away for long. */
async function crowded(t: TestContext, waiting: number, dead: number) {
  const folder = mkdtempSync(join(tmpdir(), "ergate-hooks-"));
  const file = join(folder, "app.db");
  const open = (namespace = "default") =>
    openSqlite({ file, durability: "memory", namespace, place: "inline" });
  const who = await member({ open, dispose: async () => undefined }, "a");
  t.after(async () => {
    await who.store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const db = new Database(file);
  const totals = db.prepare("INSERT INTO hook_totals VALUES (?, ?, ?, 0, 0)");
  const { key } = db.prepare("SELECT key FROM namespaces").get() as { key: number };
  totals.run(key, waiting, dead);
  t.after(() => db.close());
  return { who, db };
}

test("an event that finds too many waiting is dead at once, and counted", async (t) => {
  const { who } = await crowded(t, limits.hookWaitingRows, 0);
  await enqueue(who.store, [job("j", { hook })]);
  await end(who, "stop", "j");
  const { items } = await who.store.read({
    ...{ type: "hooks", state: "dead", job: undefined, url: undefined },
    ...{ cursor: undefined, limit: 9 },
  });
  assert.deepEqual(
    items.map(({ error, deadAt }) => [error, deadAt]),
    [["too many events wait", t0 + 9]],
  );
  const { waiting, dead, refused } = await who.store.read({ type: "hookTotals" });
  assert.deepEqual([waiting, dead, refused], [limits.hookWaitingRows, 1, 1]);
});

test("the oldest dead event gives way to a new one past their bound, and is counted", async (t) => {
  const { who } = await crowded(t, limits.hookWaitingRows, limits.hookDeadRows - 1);
  await enqueue(who.store, [job("1", { hook }), job("2", { hook })]);
  await end(who, "stop", "1");
  await end(who, "stop", "2");
  const { items } = await who.store.read({
    ...{ type: "hooks", state: "dead", job: undefined, url: undefined },
    ...{ cursor: undefined, limit: 9 },
  });
  assert.deepEqual(
    items.map((row) => row.job),
    ["2"],
  );
  const { dead, dropped } = await who.store.read({ type: "hookTotals" });
  assert.deepEqual([dead, dropped], [limits.hookDeadRows, 1]);
});

test("jobs without hooks cost no statement that tells", async (t) => {
  // A statement is prepared when it is first run.
  const prepared = t.mock.method(Database.prototype, "prepare");
  const texts = () => prepared.mock.calls.map(({ arguments: [text] }) => text);
  const { who } = await crowded(t, 0, 0);
  const live = async (id: string, change: { hook?: string }) => {
    await enqueue(who.store, [job(id, { ...change, runAt: t0 + 5 })]);
    await one(who.store, { type: "promote", now: t0 + 5, limit: 9 });
    const run = await claimOne(who);
    const note = { seq: run.seq, fence: run.fence, progress: 0.5, checkIn: "half", at: t0 + 6 };
    await one(who.store, { type: "note", notes: [note] });
    await settle(who, settlement(run, completed));
  };
  await live("plain", {});
  assert.ok(!texts().includes(tellHooks));
  await live("hooked", { hook });
  assert.ok(texts().includes(tellHooks));
});

test("a hook that was edited by hand into no JSON stops no move", async (t) => {
  const { who, db } = await crowded(t, 0, 0);
  await enqueue(who.store, [job("j", { hook })]);
  db.prepare("UPDATE jobs SET hook = 'http://a.example'").run();
  const [answer] = await end(who, "stop", "j");
  assert.equal(answer?.type, "moved");
  assert.equal((await who.store.read({ type: "hookTotals" })).waiting, 0);
});
