import { test } from "node:test";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { compareEngines } from "./compare.ts";
import { conformance } from "./conformance.ts";
import type { Harness } from "./kit.ts";
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

test("SQLite answers as the memory engine does, and leaves the same jobs", async () => {
  await compareEngines(memory, sqliteHarness("inline"), { runs: 40 });
});
