import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, eventually, newFile, places, signal, started } from "./kit.ts";

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: a paused queue waits, takes no place in its limit, and runs once resumed`,
    bounded,
    async (t) => {
      const mail = defineJob("mail", { concurrency: 1, run: (args: number) => args });
      const other = defineJob("other", { run: () => "ran" });
      const runtime = await started(t, { storage: storage(t), jobs: [mail, other] });
      await runtime.queues.pause("mail");
      const { id } = await runtime.enqueue(mail, 7);
      assert.equal(await runtime.enqueueAndWait(other), "ran");
      const [worker] = await runtime.workers.list();
      assert.deepEqual([(await runtime.jobs.get(id))?.state, worker?.busy], ["available", 0]);
      // The same name elsewhere has its whole limit.
      assert.equal(await runtime.enqueueAndWait(mail, 8, { queue: "other" }), 8);
      assert.equal(await runtime.queues.resume("mail"), true);
      assert.equal(await runtime.result(id), 7);
    },
  );

  test(
    `${place}: a stop lets what began end, and leaves the rest where it waits`,
    bounded,
    async (t) => {
      let began = 0;
      let ended = 0;
      const gate = signal();
      const slow = defineJob("slow", {
        run: async () => {
          began++;
          await gate.promise;
          ended++;
        },
      });
      const given = { storage: storage(t), jobs: [slow], concurrency: 3 };
      const runtime = await started(t, given);
      await runtime.enqueueMany(Array.from({ length: 20 }, () => ({ job: slow })));
      await eventually(
        () => began,
        (count) => count === 3,
      );
      const stopped = runtime.stop();
      gate.resolve();
      await stopped;
      assert.deepEqual([began, ended], [3, 3]);
      if (given.storage === ":memory:") return;
      const next = await started(t, { ...given, jobs: [] });
      assert.equal(await next.jobs.count({ state: "available" }), 17);
      assert.equal(await next.jobs.count({ state: "completed" }), 3);
    },
  );
}

test(
  "drain and purge of one process tell what another one holds and leaves",
  bounded,
  async (t) => {
    const storage = newFile(t);
    const gate = signal();
    const entered = signal();
    const mail = defineJob("mail", {
      concurrency: 1,
      run: () => {
        entered.resolve();
        return gate.promise;
      },
    });
    const here = await started(t, { storage, jobs: [] });
    const there = await started(t, { storage, jobs: [mail] });
    const { id } = await here.enqueue("mail");
    await entered.promise;
    await here.enqueueMany(Array.from({ length: 5 }, () => ({ job: "mail" })));
    await here.enqueue("mail", {}, { delay: "1h" });
    assert.equal(await here.queues.purge("mail"), 6);
    const drained = here.queues.drain("mail");
    gate.resolve();
    const none = { scheduled: 0, retryable: 0, paused: 0, limited: 0, unroutable: 0 };
    assert.deepEqual(await drained, none);
    assert.equal((await there.jobs.get(id))?.state, "completed");
  },
);
