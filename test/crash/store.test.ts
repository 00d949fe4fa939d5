import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { seededRandom } from "../../lib/base/random.ts";
import type { WriteAnswers } from "../../lib/protocol/write.ts";
import { openSqlite } from "../../lib/store/sqlite/store.ts";
import { member, type TestStorage } from "../store/kit.ts";

const writer = new URL("./fixture/writer.ts", import.meta.url).pathname;
const random = seededRandom(2026);

interface Acknowledged {
  enqueued?: string[];
  settled?: string[];
}

/** Lets a process write until `lines` commits were acknowledged, kills it, and gives what it printed. */
async function killedAfter(file: string, lines: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [writer, file], { stdio: ["ignore", "pipe", "inherit"] });
  const printed: Acknowledged[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(JSON.parse(line) as Acknowledged);
    if (printed.length === lines) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return printed;
}

test("what was acknowledged survives kill -9, and what the dead held is given back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ergate-crash-"));
  const file = join(folder, "jobs.db");
  const printed: Acknowledged[] = [];
  for (let round = 0; round < 4; round++) {
    printed.push(...(await killedAfter(file, 3 + Math.floor(random.next() * 40))));
  }
  const storage: TestStorage = {
    open: (namespace = "default") =>
      openSqlite({ file, durability: "fsync", namespace, place: "inline" }),
    dispose: async () => undefined,
  };
  const who = await member(storage, "after");
  const { worker, store } = who;
  const [rescued] = await store.apply([{ type: "rescue", worker, now: 1 }]);
  assert.equal((rescued as WriteAnswers["rescue"]).workers.length, 4);
  assert.equal((await store.read({ type: "workers" })).length, 1);
  assert.deepEqual((await store.read({ type: "health" })).problems, []);
  const settled = new Set(printed.flatMap((line) => line.settled ?? []));
  for (const id of printed.flatMap((line) => line.enqueued ?? [])) {
    const row = await store.read({ type: "job", id });
    assert.ok(row !== undefined, `${id} was acknowledged and is lost`);
    assert.notEqual(row.state, "running");
    if (settled.has(id)) assert.equal(row.state, "completed");
  }
  const [queue] = await store.read({ type: "queues" });
  for (const state of ["available", "completed", "running"] as const) {
    const filter = { state };
    let count = 0;
    let cursor: string | undefined;
    do {
      const page = await store.read({ type: "jobs", filter, cursor, limit: 1000 });
      count += page.items.length;
      cursor = page.next;
    } while (cursor !== undefined);
    assert.equal(queue?.counts[state], count, `the count of ${state} drifted`);
  }
  await store.apply([{ type: "leave", worker, now: 2 }]);
  await store.close();
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("-alive-")),
    [],
  );
  rmSync(folder, { recursive: true, force: true });
});
