import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../lib/store/sqlite/store.ts";
import type { JobStore } from "../../lib/store/store.ts";
import type { Harness } from "./kit.ts";

/** Stores on one real file, each with its own connection, as in processes of their own. */
export function sqliteHarness(place: "inline" | "thread"): Harness {
  return {
    async storage() {
      const folder = mkdtempSync(join(tmpdir(), "ergate-store-"));
      const stores: JobStore[] = [];
      return {
        async open(namespace = "default") {
          const file = join(folder, "jobs.db");
          const store = await openSqlite({ file, durability: "memory", namespace, place });
          stores.push(store);
          return store;
        },
        async dispose() {
          for (const store of stores) await store.close();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  };
}
