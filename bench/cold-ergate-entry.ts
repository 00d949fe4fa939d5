import { join } from "node:path";
import { createRuntime, defineJob } from "../actors/index.ts";
import { sibling } from "../lib/base/sibling.ts";

/** A script that runs one job and says when it is done, committed and all: `FOLDER KIND`. */
const [folder = ".", kind] = process.argv.slice(2);

const thread = sibling(import.meta.url, "./noop-entry");
const job = defineJob("cold", kind === "thread" ? { thread } : { run: () => undefined });
const runtime = await createRuntime({ storage: join(folder, "cold.db"), jobs: [job] });
await runtime.start();
await runtime.enqueueAndWait(job, { to: "a@b.c", n: 1 });
process.stdout.write("done\n");
await runtime.stop();
