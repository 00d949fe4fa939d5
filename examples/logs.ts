/** A log that is followed and searched. Run it from the checkout: `node examples/logs.ts`. */
import { createRuntime, defineJob } from "../actors/index.ts";

const load = defineJob("load", {
  run(rows: number, ctx) {
    for (let row = 1; row <= rows; row++) ctx.log.info(`row ${row} is stored`);
    ctx.log.warn("rows were refused", [7, 9]);
  },
});

const runtime = await createRuntime({ storage: ":memory:", jobs: [load] });
await runtime.start();
const { id } = await runtime.enqueue(load, 2);
for await (const { level, text } of runtime.logs.follow(id)) console.log(level, text);

const { items } = await runtime.logs.search("refus*");
console.log(items.map(({ jobId, text }) => [jobId === id, text]));
await runtime.stop();
