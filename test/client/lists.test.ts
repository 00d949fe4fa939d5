import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import type { Runtime } from "../../lib/client/client.ts";
import type { RuntimeOptions } from "../../lib/client/options.ts";
import type { Job, JobFilter } from "../../lib/job/job.ts";
import { bounded, made, places, refuses, started } from "../actors/kit.ts";

const job = defineJob("job", { run: (args: unknown) => args });
const other = defineJob("other", { run: () => Promise.reject(new Error("no")), maxAttempts: 1 });
const jobs = [job, other];

for (const [place, storage] of Object.entries(places)) {
  test(`${place}: pages of 250 jobs come newest first, none lost or twice`, bounded, async (t) => {
    const runtime = await made(t, { storage: storage(t), jobs });
    const many = Array.from({ length: 250 }, (_, args) => ({ job, args }));
    const ids = (await runtime.enqueueMany(many)).map(({ id }) => id).reverse();
    assert.deepEqual(idsOf(await all(runtime)), ids);
    assert.equal((await runtime.jobs.list()).items.length, 100);
    // What comes and goes meanwhile moves no page.
    const paged = await all(runtime, {}, async (page) => {
      await runtime.enqueue(job, "late");
      if (page === 1) assert.equal(await runtime.jobs.delete(ids[249] ?? ""), true);
    });
    assert.deepEqual(idsOf(paged), ids.slice(0, 249));
    const numbers = paged.map(({ args }) => args);
    assert.deepEqual(numbers, numbers.map(Number));
  });

  test(`${place}: filters choose the same jobs in list and count`, bounded, async (t) => {
    const runtime = await varied(t, storage(t));
    const everything = await all(runtime);
    assert.equal(everything.length, 24);
    const filters: JobFilter[] = [
      ...[{}, { state: "completed" }, { state: ["dead", "scheduled"] }, { state: [] }],
      ...[{ name: "other" }, { name: "nobody" }, { queue: "left" }, { tag: "red" }, { tag: "re" }],
      ...[
        { state: "available", tag: "red" },
        { name: "job", queue: "right", tag: "blue" },
      ],
    ] as JobFilter[];
    for (const filter of filters) {
      const wanted = inOrder(everything, filter);
      const shown = JSON.stringify(filter);
      assert.deepEqual(idsOf(await all(runtime, filter)), idsOf(wanted), shown);
      assert.equal(await runtime.jobs.count(filter), wanted.length, shown);
    }
    const wrong = { state: "done" } as unknown as JobFilter;
    await refuses(runtime.jobs.list(wrong), "ERR_ERGATE_OPTION", "state");
    await refuses(runtime.jobs.list({ limit: 0 }), "ERR_ERGATE_OPTION", "limit");
    await refuses(runtime.jobs.list({ cursor: "page 2" }), "ERR_ERGATE_CURSOR");
  });

  test(`${place}: bulk moves take all that match, and nothing else`, bounded, async (t) => {
    const runtime = await made(t, { storage: storage(t), jobs });
    const many = Array.from({ length: 1200 }, (_, at) => ({
      ...{ job, args: at, queue: at % 2 === 0 ? "even" : "odd" },
      tags: at % 3 === 0 ? ["three"] : [],
    }));
    await runtime.enqueueMany(many);
    const { jobs: all } = runtime;
    const count = (filter: JobFilter) => all.count(filter);
    assert.equal(await all.stopAll({ queue: "even" }, "enough"), 600);
    assert.deepEqual(
      [await count({ state: "stopped" }), await count({ queue: "odd" })],
      [600, 600],
    );
    assert.equal((await all.list({ state: "stopped", limit: 1 })).items[0]?.reason, "enough");
    assert.equal(await all.cancelAll({ tag: "three" }), 200);
    assert.equal(await count({ state: "cancelled", queue: "odd" }), 200);
    assert.equal(await all.cancelAll({ tag: "three" }), 0);
    assert.equal(await all.retryAll({ state: "stopped", tag: "three" }), 200);
    assert.equal(await count({ state: "available" }), 600);
    assert.equal(await all.deleteAll({ queue: "even" }), 600);
    assert.deepEqual([await count({}), await count({ queue: "even" })], [600, 0]);
    assert.equal(await all.deleteAll({}), 600);
    assert.equal(await count({}), 0);
  });

  test(`${place}: purge deletes what waits in one queue, and no more`, bounded, async (t) => {
    const runtime = await varied(t, storage(t));
    const before = await all(runtime);
    const waits = before.filter(
      ({ queue, state }) => queue === "left" && ["available", "scheduled"].includes(state),
    );
    assert.equal(await runtime.queues.purge("left"), waits.length);
    const left = before.filter((one) => !waits.includes(one));
    assert.deepEqual(idsOf(await all(runtime)), idsOf(left));
    assert.equal(await runtime.queues.purge("left"), 0);
    await refuses(async () => runtime.queues.purge(""), "ERR_ERGATE_QUEUE_NAME", "queue");
  });
}

/** 24 jobs: two names, queues and tags, each completed or dead, available, and scheduled. */
async function varied(t: TestContext, storage: RuntimeOptions["storage"]) {
  const runtime = await started(t, { storage, jobs });
  const kinds = jobs.flatMap((job) =>
    ["left", "right"].flatMap((queue) =>
      [["red"], ["blue", "red"]].map((tags) => ({ job: job.name, args: 0, queue, tags })),
    ),
  );
  await runtime.enqueueMany(kinds);
  await runtime.queues.drain();
  for (const queue of ["left", "right"]) await runtime.queues.pause(queue);
  await runtime.enqueueMany(kinds);
  await runtime.enqueueMany(kinds.map((kind) => ({ ...kind, delay: "1h" })));
  return runtime;
}

/** What fits of jobs by arrival; only ended ones come by the time of their end. */
function inOrder(everything: readonly Job[], filter: JobFilter): Job[] {
  const wanted = everything.filter((one) => fits(one, filter));
  if (filter.state !== "completed") return wanted;
  return wanted.sort((one, other) => (other.finishedAt ?? 0) - (one.finishedAt ?? 0));
}

function fits(job: Job, { state, name, queue, tag }: JobFilter): boolean {
  if (state !== undefined && ![state].flat().includes(job.state)) return false;
  if (name !== undefined && job.name !== name) return false;
  if (queue !== undefined && job.queue !== queue) return false;
  return tag === undefined || job.tags.includes(tag);
}

/** All pages, of 60 jobs at most; `between` is called with the number of pages so far. */
async function all(
  runtime: Runtime,
  filter: JobFilter = {},
  between: (page: number) => Promise<void> = async () => undefined,
): Promise<Job[]> {
  const found: Job[] = [];
  let cursor: string | undefined;
  for (let page = 1; ; page++) {
    const options = cursor === undefined ? {} : { cursor };
    const { items, next } = await runtime.jobs.list({ ...filter, ...options, limit: 60 });
    assert.ok(items.length <= 60);
    found.push(...items);
    if (next === undefined) return found;
    cursor = next;
    await between(page);
  }
}

function idsOf(jobs: readonly Job[]): string[] {
  return jobs.map(({ id }) => id);
}
