import type { JobStore } from "../lib/store/store.ts";
import type { Settings } from "./options.ts";

/** Opens the engine that the settings name; only that one is loaded. */
export async function openStore(settings: Settings): Promise<JobStore> {
  const { storage, namespace, logger } = settings;
  if (storage.file === ":memory:") {
    const { memoryStorage } = await import("../lib/store/memory/engine.ts");
    return memoryStorage().open(namespace);
  }
  const { openSqlite } = await import("../lib/store/sqlite/store.ts");
  return openSqlite({ ...storage, namespace, warn: (text) => logger.warn({}, text) });
}
