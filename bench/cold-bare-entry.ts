import { Piscina } from "piscina";
import { sibling } from "../lib/base/sibling.ts";
import { BareStore } from "./bare/store.ts";

/** What `cold-ergate-entry` does, by hand: insert, claim, one task of Piscina, settle. */
const [folder = "."] = process.argv.slice(2);

const store = new BareStore(folder, "fsync");
const pool = new Piscina({
  filename: sibling(import.meta.url, "./noop-entry").href,
  maxThreads: 1,
});
store.transaction(() => store.insert(1));
const claimed = store.transaction(() => store.claim(1));
await pool.run({ to: "a@b.c", n: 1 });
store.transaction(() => store.settle(claimed));
process.stdout.write("done\n");
await pool.destroy();
