import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { compareEngines } from "./compare.ts";
import { conformance } from "./conformance.ts";
import { claim, enqueue, type Harness, job, member } from "./kit.ts";

const memory: Harness = {
  async storage() {
    const storage = memoryStorage();
    const stores: JobStore[] = [];
    return {
      async open(namespace) {
        const store = storage.open(namespace);
        stores.push(store);
        return store;
      },
      async dispose() {
        for (const store of stores) await store.close();
      },
    };
  },
};

conformance("memory", memory);

test("two memory storages agree, so a difference is the other engine's", async () => {
  await compareEngines(memory, memory, { runs: 30 });
});

test("a memory storage has no file to back up", async () => {
  const storage = await memory.storage();
  const store = await storage.open();
  await assert.rejects(store.backup("x"), { code: "ERR_ERGATE_STORE_OPEN" });
  assert.equal(store.durability, "memory");
});

test("a hundred thousand waiting jobs don't slow the claims of a memory storage", async () => {
  const who = await member(await memory.storage(), "a");
  const count = 100_000;
  const jobs = Array.from({ length: count }, (_, at) => job(`${at}`, { priority: at % 7 }));
  await enqueue(who.store, jobs);
  let claimed = 0;
  for (let turn = 0; turn < count / 500; turn++) claimed += (await claim(who, 500)).length;
  assert.equal(claimed, count);
});
