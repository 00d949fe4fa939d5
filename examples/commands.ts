/**
 * Programs as jobs. Run it with `node examples/commands.ts`; in your own project import from
 * "ergate" instead.
 */
import { createRuntime, defineJob } from "../actors/index.ts";

const greet = defineJob<{ name: string }, { exitCode: number; output: string }>("greet", {
  command: 'read args; echo "got $args"; echo to whom >&2',
  stdin: { from: "args" },
  timeout: "1m",
});

const runtime = await createRuntime({
  storage: ":memory:",
  jobs: [greet],
  commands: { wait: { argv: ["sleep", "1000"], grace: "2s" } }, // no shell
});
await runtime.start();

const { id } = await runtime.enqueue(greet, { name: "ada" });
const { exitCode } = await runtime.result<{ exitCode: number }>(id);
const { items } = await runtime.jobs.logs(id);
console.log(exitCode, items.find(({ stream }) => stream === "stdout")?.text);

const waits = await runtime.commands.run("wait");
await runtime.commands.upsert("wait", { command: "sleep 1; date" }); // what runs goes on
console.log(await runtime.commands.kill(waits.id)); // from any process on the file
console.log(await runtime.commands.kill("wait"));
await runtime.stop();
