import { parentPort, workerData } from "node:worker_threads";
import type { Durability } from "../../lib/job/job.ts";
import { BareStore } from "./store.ts";

/** A bare thread that commits: each message is the texts of one transaction's rows. */
const { folder, durability } = workerData as { folder: string; durability: Durability };

const store = new BareStore(folder, durability);
store.db.exec("CREATE TABLE plain (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, args TEXT NOT NULL)");
const insert = store.db.prepare("INSERT INTO plain (id, args) VALUES (?, ?)");

parentPort?.on("message", (rows: readonly (readonly [id: string, args: string])[]) => {
  store.transaction(() => {
    for (const row of rows) insert.run(...row);
  });
  parentPort?.postMessage(rows.length);
});
parentPort?.postMessage("ready");
