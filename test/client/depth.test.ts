import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, made, newFile, places, refuses, signal, started } from "../actors/kit.ts";

const mail = defineJob("mail", { run: () => "sent" });
const queues = { mail: { maxDepth: 3 } } as const;

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: a full queue refuses a call whole, by a code, and takes it once there is room`,
    bounded,
    async (t) => {
      const runtime = await started(t, { storage: storage(t), jobs: [mail], queues });
      await runtime.queues.pause("mail");
      const two = [{ job: mail }, { job: mail, delay: "1h" }] as const;
      await runtime.enqueueMany(two);
      const many = runtime.enqueueMany([{ job: mail, queue: "other" }, ...two]);
      await refuses(many, "ERR_ERGATE_QUEUE_FULL", "requests[2].queue");
      assert.equal(await runtime.jobs.count(), 2);
      await runtime.enqueue(mail);
      const error = await refuses(runtime.enqueue(mail), "ERR_ERGATE_QUEUE_FULL", "queue");
      assert.match(error.message, /queue mail is full: 3 jobs may wait in it/);
      assert.equal(error.retryable, true);
      await runtime.queues.resume("mail");
      await runtime.queues.drain("mail");
      assert.equal(await runtime.enqueueAndWait(mail), "sent");
    },
  );
}

test("of many calls at once as many are taken as there is room for", bounded, async (t) => {
  const runtime = await made(t, { storage: newFile(t), jobs: [mail], queues });
  await runtime.start();
  await runtime.queues.pause("mail");
  const calls = Array.from({ length: 50 }, () => runtime.enqueue(mail));
  const answers = await Promise.allSettled(calls);
  assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 3);
  assert.equal(await runtime.jobs.count(), 3);
});

test("the bound is one for all runtimes on a file", bounded, async (t) => {
  const storage = newFile(t);
  const here = await started(t, { storage, jobs: [], queues });
  const there = await made(t, { storage, jobs: [mail] });
  await here.queues.pause("mail");
  const calls = Array.from({ length: 20 }, (_, at) =>
    (at % 2 === 0 ? here : there).enqueue("mail", at, { allowUnknown: true }),
  );
  const answers = await Promise.allSettled(calls);
  assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 3);
});

test(
  "a handler hears of a full queue, but not for what it enqueues with its result",
  bounded,
  async (t) => {
    const heard = signal<unknown>();
    const parent = defineJob("parent", {
      async run(_args, ctx) {
        await ctx.enqueue("mail", 1).catch((error) => heard.resolve(error.code));
        await ctx.enqueue("mail", 2, { with: "result" });
      },
    });
    const runtime = await started(t, { jobs: [mail, parent], queues: { mail: { maxDepth: 1 } } });
    await runtime.queues.pause("mail");
    await runtime.enqueue(mail);
    await runtime.enqueueAndWait(parent);
    assert.equal(await heard.promise, "ERR_ERGATE_QUEUE_FULL");
    assert.equal(await runtime.jobs.count({ name: "mail" }), 2);
  },
);
