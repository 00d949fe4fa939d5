// A process that appends to a log until it is killed, or `count` lines, and says what is stored.
// Neither awaits its last append nor closes the log where `ending` is "abrupt".
import { openLogStore } from "../../lib/log/store.ts";
import { chunkOf } from "./fixture.ts";

const [file = "", id = "", count = "Infinity", ending = "clean"] = process.argv.slice(2);
const store = openLogStore({ file, namespace: "default" });
for (let at = 0; at < Number(count); at++) {
  await store.append([chunkOf(id, 1, [`line ${at}`])]);
  process.stdout.write(`${at}\n`);
}
if (ending === "clean") await store.close();
else void store.append([chunkOf(id, 1, ["the last"])]);
