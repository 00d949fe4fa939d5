/** What keeps a job, and what the dead died of. Run it from the checkout: `node examples/why.ts`. */
import { createRuntime, defineJob } from "../actors/index.ts";

const pay = defineJob("pay", {
  maxAttempts: 1,
  redact: ["card"], // hidden where workers show what they run
  run({ user }: { card: string; user: number }) {
    throw new Error(`there is no user ${user}`);
  },
});

const runtime = await createRuntime({ storage: ":memory:", jobs: [pay] });
for (const user of [1, 2]) await runtime.enqueue(pay, { card: "4111", user });
const later = await runtime.enqueue(pay, { card: "4222", user: 3 }, { delay: "1h" });
await runtime.start();
await runtime.queues.drain();

const { sentence, facts } = await runtime.why(later.id);
console.log(facts.type, sentence.startsWith("It waits for its time"));

const { items } = await runtime.jobs.groups();
for (const { count, names, fingerprint } of items) {
  console.log(count, names);
  await runtime.queues.pause("pay");
  console.log(await runtime.jobs.retryAll({ state: "dead", error: fingerprint }));
}
await runtime.stop();
