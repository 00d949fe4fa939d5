/**
 * The smallest use: a job that runs in the loop, enqueued and awaited. Run it with `node
 * examples/mail.ts`; in your own project import from "ergate" instead.
 */
import { createRuntime, defineJob } from "../actors/index.ts";

const mail = defineJob("mail", {
  maxAttempts: 5,
  timeout: "30s",
  async run(args: { to: string }, ctx) {
    ctx.log.info(`sending to ${args.to}`);
    return { sent: args.to };
  },
});

const runtime = await createRuntime({ storage: process.argv[2] ?? ":memory:", jobs: [mail] });
await runtime.start();
const receipt = await runtime.enqueue(mail, { to: "ada@example.org" });
const result = await runtime.result(receipt.id, { timeout: "10s" });
console.log(JSON.stringify(result));
await runtime.stop();
