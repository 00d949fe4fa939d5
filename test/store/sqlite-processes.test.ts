import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { openSqlite } from "../../lib/store/sqlite/store.ts";
import {
  add,
  claim,
  completed,
  definition,
  kill,
  member,
  one,
  settle,
  settlement,
  t0,
} from "./kit.ts";

test("the process of a run is on record until the run is settled, or its worker gone", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ergate-processes-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "jobs.db");
  const storage = {
    open: (namespace = "default") =>
      openSqlite({ file, durability: "memory", namespace, place: "inline" as const }),
    dispose: async () => undefined,
  };
  const noted = () => {
    const db = new Database(file, { readonly: true });
    const ids = db.prepare("SELECT run_id FROM processes ORDER BY run_id").pluck().all();
    db.close();
    return ids;
  };
  const definitions = [definition("mail", { isCommand: true })];
  const [who, dying, leaving] = [
    await member(storage, "a", { definitions }),
    await member(storage, "b"),
    await member(storage, "c"),
  ];
  for (const each of [who, dying, leaving]) {
    await add(each.store, `${each.id}1`, `${each.id}2`);
    const runs = (await claim(each, 2)).map(({ seq, fence, id }) => {
      return { seq, fence, runId: id, pid: 7, startedAt: t0 };
    });
    await one(each.store, { type: "spawn", runs });
  }
  assert.deepEqual(noted(), ["a1", "a2", "b1", "b2", "c1", "c2"]);
  await one(leaving.store, { type: "leave", worker: leaving.worker, now: t0 });
  assert.deepEqual(noted(), ["a1", "a2", "b1", "b2"]);
  await kill(dying);
  const rescue = { type: "rescue", worker: who.worker, now: t0, host: "here" } as const;
  await one(who.store, rescue);
  assert.deepEqual(noted(), ["a1", "a2", "b1", "b2"]);
  await one(who.store, { ...rescue, cleared: [{ id: "b", culprit: false }] });
  assert.deepEqual(noted(), ["a1", "a2"]);
  const [first] = await claim(who, 1);
  assert.ok(first);
  const run = { seq: first.seq, fence: first.fence, runId: "again", pid: 8, startedAt: t0 };
  await one(who.store, { type: "spawn", runs: [run] });
  await settle(who, settlement(first, completed, { spawned: true }));
  assert.deepEqual(noted(), ["a1", "a2"]);
  await who.store.close();
  await leaving.store.close();
});
