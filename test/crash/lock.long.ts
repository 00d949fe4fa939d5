import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { seededRandom } from "../../lib/base/random.ts";
import { openSqlite } from "../../lib/store/sqlite/store.ts";
import { member, one } from "../store/kit.ts";

const writer = new URL("./fixture/lock-writer.ts", import.meta.url).pathname;
const random = seededRandom(2026);

/** Lets a process take locks until so many were acknowledged, kills it, and gives their fences. */
async function killedAfter(file: string, count: number): Promise<number[]> {
  const child = spawn(process.execPath, [writer, file], { stdio: ["ignore", "pipe", "inherit"] });
  const fences: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    fences.push((JSON.parse(line) as { fence: number }).fence);
    if (fences.length === count) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return fences;
}

test("no fence comes twice over kills, and what the dead held is free after the rescue", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ergate-lock-crash-"));
  const file = join(folder, "jobs.db");
  const fences: number[] = [];
  for (let round = 0; round < 4; round++) {
    fences.push(...(await killedAfter(file, 3 + Math.floor(random.next() * 30))));
    const store = await openSqlite({
      ...{ file, durability: "fsync", namespace: "default", place: "inline" },
    });
    const storage = { open: async () => store, dispose: async () => undefined };
    const { worker } = await member(storage, `after-${round}`);
    const { workers } = await one(store, { type: "rescue", worker, now: 1 });
    assert.equal(workers.length, 1);
    const { items } = await store.read({ type: "locks", cursor: undefined, limit: 100 });
    assert.deepEqual(items, []);
    assert.deepEqual((await store.read({ type: "health" })).problems, []);
    await store.apply([{ type: "leave", worker, now: 2 }]);
    await store.close();
  }
  assert.deepEqual(
    fences,
    [...new Set(fences)].sort((x, y) => x - y),
  );
  rmSync(folder, { recursive: true, force: true });
});
