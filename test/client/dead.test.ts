import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import { bulk } from "../../lib/client/bulk.ts";
import type { Runtime } from "../../lib/client/client.ts";
import type { RuntimeOptions } from "../../lib/client/options.ts";
import type { LocalParts } from "../../lib/client/parts.ts";
import { bounded, made, newFile, places, refuses, started } from "../actors/kit.ts";

const faulty = defineJob("faulty", {
  maxAttempts: 1,
  run: (args: string) => {
    throw new Error(args);
  },
});
const novel = defineJob("novel", { maxAttempts: 1, run: () => Promise.reject(new Error("no")) });

/** A runtime whose jobs of these messages are dead. */
async function withDead(
  t: TestContext,
  storage: RuntimeOptions["storage"],
  messages: readonly string[],
): Promise<Runtime> {
  const runtime = await started(t, { storage, jobs: [faulty] });
  await runtime.enqueueMany(messages.map((args) => ({ job: faulty, args })));
  await runtime.queues.drain();
  return runtime;
}

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: the dead are grouped, chosen and moved by what they died of`,
    bounded,
    async (t) => {
      const messages = ["no user 1", "no user 2", "disk is full", "no user 3"];
      const runtime = await withDead(t, storage(t), messages);
      const { items, next } = await runtime.jobs.groups();
      assert.equal(next, undefined);
      assert.deepEqual(
        items.map(({ count, names }) => [count, names]),
        [
          [3, ["faulty"]],
          [1, ["faulty"]],
        ],
      );
      const error = items[0]?.fingerprint ?? "";
      const { items: users } = await runtime.jobs.list({ state: "dead", error });
      assert.deepEqual(users.map(({ args }) => args).sort(), [
        "no user 1",
        "no user 2",
        "no user 3",
      ]);
      assert.ok(users.every(({ errors }) => errors.at(-1)?.fingerprint === error));
      assert.equal(await runtime.jobs.count({ text: "DISK" }), 1);
      assert.equal(await runtime.jobs.count({ since: new Date(0), until: Date.now() + 60_000 }), 4);
      await runtime.queues.pause("faulty");
      const [one] = users;
      assert.equal(await runtime.jobs.retryAll({ ids: [one?.id ?? "", "none"] }), 1);
      assert.equal(await runtime.jobs.deleteAll({ state: "dead", text: "full" }), 1);
      assert.equal(await runtime.jobs.retryAll({ error }), 2);
      assert.equal(await runtime.jobs.count({ state: "available" }), 3);
      assert.equal(await runtime.jobs.cancelAll({ error }), 3);
      await refuses(runtime.jobs.groups({ error: 7 } as never), "ERR_ERGATE_OPTION", "error");
    },
  );
}

test(
  "retryAll of 10 000 dead and one of an unknown name makes all available, and kills none",
  bounded,
  async (t) => {
    const storage = { file: newFile(t), place: "inline" } as const;
    const first = await made(t, { storage, jobs: [faulty, novel] });
    const jobs = Array.from({ length: 10_000 }, () => ({
      job: faulty as typeof faulty,
      args: "no",
    }));
    await first.enqueueMany([...jobs, { job: novel }]);
    await first.start();
    await first.queues.drain();
    assert.equal(await first.jobs.count({ state: "dead" }), 10_001);
    await first.stop();
    let runs = 0;
    const sound = defineJob("faulty", { run: () => void runs++ });
    const second = await made(t, { storage, jobs: [sound] });
    assert.equal(await second.jobs.retryAll({ state: "dead" }), 10_001);
    assert.equal(await second.jobs.count({ state: "available" }), 10_001);
    await second.start();
    const report = await second.queues.drain();
    assert.equal(runs, 10_000);
    assert.equal(report.unroutable, 1);
    const [left] = (await second.jobs.list({ name: "novel" })).items;
    assert.deepEqual([left?.state, left?.reason, left?.errors.length], ["available", undefined, 1]);
  },
);

test(
  "a page behind the last is empty, and what is not there can't be moved",
  bounded,
  async (t) => {
    const runtime = await withDead(t, ":memory:", ["1", "2", "3"]);
    const first = await runtime.jobs.list({ state: "dead", limit: 2 });
    const cursor = first.next ?? "";
    const second = await runtime.jobs.list({ state: "dead", limit: 2, cursor });
    assert.deepEqual([second.items.length, second.next], [1, undefined]);
    await runtime.jobs.deleteAll({ ids: second.items.map(({ id }) => id) });
    assert.deepEqual(await runtime.jobs.list({ state: "dead", limit: 2, cursor }), {
      items: [],
      next: undefined,
    });
    assert.equal(await runtime.jobs.count({ state: "dead" }), 2);
    const [id = ""] = second.items.map((job) => job.id);
    assert.deepEqual([await runtime.jobs.retry(id), await runtime.jobs.delete(id)], [false, false]);
  },
);

test(
  "while 10 000 dead are retried, an enqueue waits for no more than a few of their commits",
  bounded,
  async (t) => {
    const storage = { file: newFile(t), place: "thread" } as const;
    const runtime = await withDead(t, storage, new Array(10_000).fill("no"));
    await runtime.queues.pause("faulty");
    const dead = () => runtime.jobs.count({ state: "dead" });
    const before = await dead();
    let over = false;
    const retried = runtime.jobs.retryAll({ state: "dead" }).finally(() => {
      over = true;
    });
    const waited: number[] = [];
    while (!over) {
      const start = await dead();
      await runtime.enqueue(faulty, "late");
      waited.push((start - (await dead())) / limits.bulkRows);
    }
    assert.equal(before, 10_000);
    assert.equal(await retried, 10_000);
    t.diagnostic(`commits that went before or during an enqueue: ${waited.join(", ")}`);
    // One commit that was under way, the next one of either, and what came while the counts were read.
    assert.ok(Math.max(...waited) <= 5, `${waited.join(", ")} commits`);
  },
);

test("a bulk move asks for 500 at a time, each after the last was done, and only of what it can move", async () => {
  const ids = Array.from({ length: 1_234 }, (_, at) => `job-${at}`);
  const asked: unknown[] = [];
  const read = async (query: { filter: unknown; cursor: string | undefined; limit: number }) => {
    asked.push(query.filter);
    const from = Number(query.cursor ?? 0);
    const next = from + query.limit;
    return {
      items: ids.slice(from, next),
      next: next < ids.length ? String(next) : undefined,
    };
  };
  const sizes: number[] = [];
  let underWay = 0;
  const count = await bulk(
    { read: read as unknown as LocalParts["read"] },
    { state: ["dead", "completed"], text: "no" },
    ["dead", "cancelled"],
    async (page) => {
      assert.equal(++underWay, 1);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      sizes.push(page.length);
      return page.length;
    },
  );
  assert.equal(count, 1_234);
  assert.deepEqual(sizes, [500, 500, 234]);
  assert.deepEqual(asked[0], { state: ["dead"], text: "no" });
});
