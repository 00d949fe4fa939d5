import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import type { JobEvent } from "../../lib/protocol/event.ts";
import {
  bounded,
  eventually,
  handler,
  made,
  newFile,
  places,
  refuses,
  signal,
  started,
} from "./kit.ts";

/** Unique jobs as users see them, with what gocraft/work's users have and its bugs don't let them. */

const mail = defineJob<{ to: string } | null>("mail", { unique: true, run: (args) => args });
const keyed = defineJob<{ n: number }, number>("keyed", {
  unique: { by: { key: "k" }, onConflict: "replace" },
  run: ({ n }) => n,
});
const hour = 3_600_000;

for (const [place, storage] of Object.entries(places)) {
  const check = (sentence: string, body: (t: import("node:test").TestContext) => Promise<void>) =>
    test(`${place}: ${sentence}`, bounded, body);
  const open = (t: import("node:test").TestContext, jobs = [mail, keyed] as object[]) =>
    made(t, { storage: storage(t), jobs });

  check("equal arguments are a duplicate, others and other names are not", async (t) => {
    const runtime = await open(t);
    const first = await runtime.enqueue(mail, { to: "a" });
    const again = await runtime.enqueue(mail, { to: "a" });
    assert.deepEqual(again, { ...first, disposition: "duplicate" });
    assert.equal((await runtime.enqueue(mail, { to: "b" })).disposition, "created");
    assert.equal((await runtime.enqueue(mail)).disposition, "created");
    assert.equal((await runtime.enqueue(mail)).disposition, "duplicate");
    const other = await runtime.enqueue("other", { to: "a" }, { unique: true, allowUnknown: true });
    assert.equal(other.disposition, "created");
    assert.equal(
      (await runtime.enqueue(mail, { to: "a" }, { unique: false })).disposition,
      "created",
    );
  });

  check("after a run the same may be enqueued again, also after a failing one", async (t) => {
    const fails = defineJob("fails", {
      ...{ unique: true, maxAttempts: 1 },
      run: () => Promise.reject(new Error("boom")),
    });
    const runtime = await started(t, { storage: storage(t), jobs: [mail, fails] });
    for (let round = 0; round < 2; round++) {
      await runtime.enqueueAndWait(mail, { to: "a" });
      const { id, disposition } = await runtime.enqueue(fails);
      assert.equal(disposition, "created");
      await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
    }
  });

  check("a later duplicate does not move the first one's time", async (t) => {
    const runtime = await open(t);
    const { id } = await runtime.enqueue(mail, { to: "a" }, { delay: "1h" });
    const before = await runtime.jobs.get(id);
    const again = await runtime.enqueue(mail, { to: "a" }, { delay: "5m" });
    assert.deepEqual([again.id, again.disposition, again.state], [id, "duplicate", "scheduled"]);
    assert.deepEqual(await runtime.jobs.get(id), before);
  });

  check("gocraft/work's bug a is absent: replaced arguments run once, the last ones", async (t) => {
    const runtime = await open(t);
    const { id } = await runtime.enqueue(keyed, { n: 1 });
    for (const n of [2, 3]) {
      const { id: same, disposition } = await runtime.enqueue(keyed, { n });
      assert.deepEqual([same, disposition], [id, "replaced"]);
    }
    await runtime.start();
    assert.equal(await runtime.result(id), 3);
    const [queue] = (await runtime.queues.list()).filter(({ name }) => name === "keyed");
    const { completed, available, running } = queue?.counts ?? {};
    assert.deepEqual([completed, available, running], [1, 0, 0]);
    assert.equal((await runtime.jobs.executions(id)).length, 1);
  });

  check("gocraft/work's bug b is absent: a retried run frees no newer job's key", async (t) => {
    const gate = signal();
    const tries = defineJob<{ n: number }>("tries", {
      unique: { by: { key: "k" }, until: "started" },
      backoff: 0,
      async run(_args, ctx) {
        if (ctx.attempt > 1) return;
        await gate.promise;
        throw new Error("once more");
      },
    });
    const runtime = await started(t, { storage: storage(t), jobs: [tries] });
    const first = await runtime.enqueue(tries, { n: 1 });
    await eventually(
      () => runtime.jobs.get(first.id),
      (job) => job?.state === "running",
    );
    const second = await runtime.enqueue(tries, { n: 2 }, { delay: "1h" });
    assert.equal(second.disposition, "created");
    gate.resolve();
    await runtime.result(first.id);
    assert.equal((await runtime.jobs.get(first.id))?.attempt, 2);
    assert.equal((await runtime.enqueue(tries, { n: 3 })).id, second.id);
  });

  check("gocraft/work's bug c is absent: a deleted scheduled job frees its key", async (t) => {
    const runtime = await open(t);
    const { id } = await runtime.enqueue(keyed, { n: 1 }, { delay: "48h" });
    await runtime.enqueue(keyed, { n: 2 });
    assert.equal(await runtime.jobs.delete(id), true);
    const again = await runtime.enqueue(keyed, { n: 3 });
    assert.deepEqual([again.disposition, again.state], ["created", "available"]);
  });

  check("reject names the holder, and then nothing of the call was enqueued", async (t) => {
    const runtime = await open(t);
    const { id } = await runtime.enqueue(mail, { to: "a" });
    const unique = { onConflict: "reject" } as const;
    const one = await refuses(
      runtime.enqueue(mail, { to: "a" }, { unique }),
      ...(["ERR_ERGATE_DUPLICATE", "unique"] as const),
    );
    assert.equal(one.id, id);
    assert.match(one.message, new RegExp(id));
    const many = await refuses(
      runtime.enqueueMany([
        { job: mail, args: { to: "b" } },
        { job: mail, args: { to: "a" }, unique },
      ]),
      ...(["ERR_ERGATE_DUPLICATE", "requests[1].unique"] as const),
    );
    assert.equal(many.id, id);
    assert.equal(await runtime.jobs.count(), 1);
  });

  check("callers at once with one key get one job between them", async (t) => {
    const runtime = await open(t);
    const calls = Array.from({ length: 200 }, (_, at) =>
      at % 2 === 0
        ? runtime.enqueue(mail, { to: "a" })
        : runtime.enqueueMany([
            { job: mail, args: { to: "a" } },
            { job: mail, args: { to: `${at}` } },
          ]),
    );
    const receipts = (await Promise.all(calls)).flat();
    const { length } = receipts.filter(({ disposition }) => disposition === "created");
    assert.equal(length, 101);
    assert.equal(await runtime.jobs.count(), 101);
  });

  check("enqueueAndWait of a duplicate waits for the job that is there", async (t) => {
    const gate = signal<string>();
    const slow = defineJob("slow", { unique: true, run: () => gate.promise });
    const runtime = await started(t, { storage: storage(t), jobs: [slow] });
    const waiting = [runtime.enqueueAndWait(slow), runtime.enqueueAndWait(slow)];
    await eventually(
      () => runtime.jobs.count({ state: "running" }),
      (count) => count === 1,
    );
    gate.resolve("done");
    assert.deepEqual(await Promise.all(waiting), ["done", "done"]);
    assert.equal(await runtime.jobs.count(), 1);
  });

  check("a final job is not retried into a taken key; many are counted and skipped", async (t) => {
    const runtime = await open(t);
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      const { id } = await runtime.enqueue(mail, { to: "a" });
      await runtime.jobs.cancel(id);
      ids.push(id);
    }
    const free = await runtime.enqueue(mail, { to: "b" });
    await runtime.jobs.cancel(free.id);
    const holder = await runtime.enqueue(mail, { to: "a" });
    const taken = await refuses(runtime.jobs.retry(ids[0] ?? ""), "ERR_ERGATE_UNIQUE_TAKEN", "id");
    assert.equal(taken.id, holder.id);
    const skipped: string[] = [];
    const count = await runtime.jobs.retryAll({ state: "cancelled" }, ({ id, by }) => {
      assert.equal(by, holder.id);
      skipped.push(id);
    });
    assert.equal(count, 1);
    assert.deepEqual(skipped.sort(), ids.sort());
    assert.equal((await runtime.jobs.get(free.id))?.state, "available");
  });

  check(
    "debounce: each call puts the one job off, and it runs with the last arguments",
    async (t) => {
      const runtime = await open(t);
      const unique = { by: { key: "k" }, onConflict: "replace", runAt: "replace" } as const;
      const runAts: number[] = [];
      for (const n of [1, 2, 3]) {
        const runAt = Date.now() + n * hour;
        const { id } = await runtime.enqueue(keyed, { n }, { unique, runAt });
        const job = await runtime.jobs.get(id);
        assert.deepEqual([job?.runAt, job?.args], [runAt, { n }]);
        runAts.push(runAt);
      }
      assert.equal(await runtime.jobs.count(), 1);
      const now = await runtime.enqueue(keyed, { n: 4 }, { unique });
      assert.deepEqual([now.disposition, now.state], ["replaced", "available"]);
      await runtime.start();
      assert.equal(await runtime.result(now.id), 4);
    },
  );

  check("throttle: within its period a job that ended is still the one", async (t) => {
    const runtime = await started(t, { storage: storage(t), jobs: [mail] });
    const unique = { until: "1h" } as const;
    const { id } = await runtime.enqueue(mail, { to: "a" }, { unique });
    await runtime.result(id);
    const again = await runtime.enqueue(mail, { to: "a" }, { unique });
    assert.deepEqual([again.id, again.disposition, again.state], [id, "duplicate", "completed"]);
    assert.deepEqual(await runtime.enqueueAndWait(mail, { to: "a" }, { unique }), { to: "a" });
  });
}

test(
  "a job put off or brought forward by a replace is told and runs in time",
  bounded,
  async (t) => {
    const runtime = await started(t, { storage: newFile(t), jobs: [keyed] });
    const unique = { by: { key: "k" }, onConflict: "replace", runAt: "replace" } as const;
    const heard: JobEvent[] = [];
    const over = new AbortController();
    const listening = (async () => {
      for await (const event of runtime.events({ signal: over.signal })) heard.push(event);
    })();
    const { id } = await runtime.enqueue(keyed, { n: 1 }, { delay: "1h" });
    await runtime.enqueue(keyed, { n: 2 }, { unique, delay: "2h" });
    await runtime.enqueue(keyed, { n: 3 }, { unique, delay: 5 });
    assert.equal(await runtime.result(id), 3);
    await eventually(
      () => heard,
      () => heard.at(-1)?.type === "completed",
    );
    over.abort();
    await listening;
    const types = heard.map(({ type }) => type);
    assert.deepEqual(types, [
      ...["scheduled", "scheduled", "scheduled", "available", "running", "completed"],
    ]);
    assert.ok(heard.every((event) => event.id === id && event.queue === "keyed"));
  },
);

test("a name that only another runtime defined is as unique by name alone", bounded, async (t) => {
  const storage = newFile(t);
  await started(t, { storage, jobs: [keyed] });
  const producer = await made(t, { storage });
  await producer.queues.pause("keyed");
  const first = await producer.enqueue("keyed", { n: 1 });
  const again = await producer.enqueue("keyed", { n: 2 });
  assert.deepEqual([again.id, again.disposition], [first.id, "replaced"]);
});

test("a runtime's defaults may make its jobs unique", bounded, async (t) => {
  const plain = defineJob("plain", { run: () => 1 });
  const free = defineJob("free", { unique: false, run: () => 1 });
  const runtime = await made(t, { jobs: [plain, free], defaults: { unique: true } });
  const dispositions = async (job: object & { name: string }) => {
    const one = await runtime.enqueue(job.name);
    return [one.disposition, (await runtime.enqueue(job.name)).disposition];
  };
  assert.deepEqual(await dispositions(plain), ["created", "duplicate"]);
  assert.deepEqual(await dispositions(free), ["created", "created"]);
  const bad = { unique: { until: 0 } } as const;
  await refuses(made(t, { defaults: bad }), "ERR_ERGATE_OPTION", "defaults.unique.until");
});

const child = defineJob<{ from: string }>("child", {
  unique: { by: { key: "k" } },
  run: (_args, ctx) => ctx.signal.aborted,
});
const loop = defineJob<{ end: string }, unknown>("parent", {
  async run(_args, ctx) {
    const receipt = await ctx.enqueue("child", { from: "at once" });
    await ctx.enqueue("child", { from: "with the result" }, { with: "result" });
    return receipt;
  },
});
const thread = defineJob<{ end: string }, unknown>("parent", { thread: handler("parent") });

for (const [place, parent] of [
  ["loop", loop],
  ["thread", thread],
] as const) {
  test(
    `${place}: what a handler enqueues is unique, too, also with its result`,
    bounded,
    async (t) => {
      const jobs = [parent, child];
      const runtime = await started(t, { storage: newFile(t), jobs, threads: 1 });
      await runtime.queues.pause("child");
      const first = (await runtime.enqueueAndWait(parent, { end: "return" })) as { id: string };
      const again = (await runtime.enqueueAndWait(parent, { end: "return" })) as { id: string };
      assert.equal(again.id, first.id);
      assert.equal(await runtime.jobs.count({ name: "child" }), 1);
    },
  );

  test(`${place}: a rejection reaches the handler with the holder's id`, bounded, async (t) => {
    const rejecting = defineJob("child", {
      unique: { by: { key: "k" }, onConflict: "reject" },
      run: () => 1,
    });
    const runtime = await started(t, {
      storage: newFile(t),
      jobs: [parent, rejecting],
      threads: 1,
    });
    const { id } = await runtime.enqueue("child", {}, { delay: "1h" });
    const options = { maxAttempts: 1 };
    const { id: run } = await runtime.enqueue("parent", { end: "return" }, options);
    const dead = await refuses(runtime.result(run), "ERR_ERGATE_RESULT_DEAD");
    assert.match(dead.message, new RegExp(id));
    await runtime.jobs.delete(id);
    const { id: last } = await runtime.enqueue("parent", { end: "return" }, options);
    const refused = await refuses(runtime.result(last), "ERR_ERGATE_RESULT_DEAD");
    assert.match(refused.message, /options\.with excludes a unique job with onConflict/);
  });
}
