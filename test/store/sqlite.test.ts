import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { compareEngines } from "./compare.ts";
import { conformance } from "./conformance.ts";
import { add, type Harness, member, row, withStorage } from "./kit.ts";
import { sqliteHarness } from "./sqlite-harness.ts";

conformance("sqlite inline", sqliteHarness("inline"));

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

for (const place of ["inline", "thread"] as const) {
  test(`${place}: a value that can't be stored fails its batch, and not the store`, async () => {
    await withStorage(sqliteHarness(place), async (storage) => {
      const who = await member(storage, "a");
      await add(who.store, "one");
      const wrong = { type: "delete", ids: [{} as string] } as const;
      await assert.rejects(who.store.apply([wrong]), { code: "ERR_ERGATE_STORE_ROW" });
      assert.equal((await row(who, "one")).state, "available");
    });
  });
}

test("SQLite answers as the memory engine does, and leaves the same jobs", async () => {
  await compareEngines(memory, sqliteHarness("inline"), { runs: 40 });
});
