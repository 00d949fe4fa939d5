import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createRuntime, defineJob } from "../../actors/index.ts";
import { bounded, handler, made, newFile, places, refuses, silent, started } from "./kit.ts";

const double = defineJob("double", { run: (args: { n: number }) => ({ n: args.n * 2 }) });

for (const [place, storage] of Object.entries(places)) {
  test(`${place}: an enqueued job runs, and its result comes back`, bounded, async (t) => {
    const runtime = await started(t, { storage: storage(t), jobs: [double] });
    const receipt = await runtime.enqueue(double, { n: 21 });
    assert.deepEqual(await runtime.result(receipt.id), { n: 42 });
    const job = await runtime.jobs.get(receipt.id);
    assert.equal(job?.state, "completed");
    assert.deepEqual(job?.args, { n: 21 });
    assert.deepEqual(job?.result, { n: 42 });
    assert.equal(job?.attempt, 1);
    assert.ok(job?.startedAt !== undefined && job.finishedAt !== undefined);
    assert.ok(job.createdAt <= job.startedAt && job.startedAt <= job.finishedAt);
  });

  test(`${place}: a job runs in a thread`, bounded, async (t) => {
    const echo = defineJob("echo", { thread: handler("echo"), queue: "cpu" });
    const runtime = await started(t, { storage: storage(t), jobs: [echo], threads: 1 });
    const { id } = await runtime.enqueue(echo, { deep: [1, { text: "é" }, null] });
    const args = { deep: [1, { text: "é" }, null] };
    const seen = { args, id, name: "echo", queue: "cpu", attempt: 1 };
    assert.deepEqual(await runtime.result(id), seen);
  });

  test(`${place}: what is enqueued before the start runs after it`, bounded, async (t) => {
    const runtime = await made(t, { storage: storage(t), jobs: [double] });
    const { id } = await runtime.enqueue(double, { n: 1 });
    assert.equal((await runtime.jobs.get(id))?.state, "available");
    await runtime.start();
    assert.deepEqual(await runtime.result(id), { n: 2 });
  });

  test(`${place}: enqueueMany commits all or none`, bounded, async (t) => {
    const runtime = await made(t, { storage: storage(t), jobs: [double] });
    const good = { job: double, args: { n: 1 } };
    const bad = { job: double, args: { n: 1n } };
    const refused = await refuses(runtime.enqueueMany([good, bad]), "ERR_ERGATE_PAYLOAD_JSON");
    assert.match(refused.message, /requests\[1\]/);
    assert.equal(await runtime.jobs.count(), 0);
    const receipts = await runtime.enqueueMany([
      good,
      { job: "double", args: { n: 2 }, delay: "1h" },
    ]);
    assert.deepEqual(
      receipts.map(({ disposition, state }) => [disposition, state]),
      [
        ["created", "available"],
        ["created", "scheduled"],
      ],
    );
  });

  test(`${place}: one id is one job, and another call with it is told so`, bounded, async (t) => {
    const runtime = await started(t, { storage: storage(t), jobs: [double] });
    const first = await runtime.enqueue(double, { n: 1 }, { id: "order 7", delay: "1h" });
    assert.deepEqual([first.id, first.disposition], ["order 7", "created"]);
    const again = await runtime.enqueue(double, { n: 1 }, { id: "order 7" });
    assert.deepEqual([again.disposition, again.state], ["duplicate", "scheduled"]);
    assert.equal(await runtime.jobs.count(), 1);
  });

  test(`${place}: the same id again is a duplicate, whatever its arguments`, bounded, async (t) => {
    const runtime = await made(t, { storage: storage(t), jobs: [double, defineJob("other")] });
    await runtime.enqueue(double, { n: 1 }, { id: "order 7" });
    const before = await runtime.jobs.get("order 7");
    const options = { id: "order 7", queue: "else", priority: 9, delay: "1h" };
    for (const again of [
      await runtime.enqueue(double, { n: 2 }, options),
      await runtime.enqueue("other", { n: 1 }, options),
      ...(await runtime.enqueueMany([{ job: "other", args: { n: 3 }, ...options }])),
    ]) {
      const { id, disposition, state } = again;
      assert.deepEqual([id, disposition, state], ["order 7", "duplicate", "available"]);
    }
    assert.deepEqual(await runtime.jobs.get("order 7"), before);
    assert.equal(await runtime.jobs.count(), 1);
  });
}

test("a receipt tells how durable its commit is", bounded, async (t) => {
  for (const durability of ["fsync", "wal", "memory"] as const) {
    const runtime = await made(t, { storage: { file: newFile(t), durability }, jobs: [double] });
    const { id, ...receipt } = await runtime.enqueue(double, { n: 1 });
    assert.match(id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
    assert.deepEqual(receipt, { disposition: "created", state: "available", durability });
  }
  const plain = await made(t, { storage: newFile(t), jobs: [double] });
  assert.equal((await plain.enqueue(double, { n: 1 })).durability, "fsync");
  const memory = await made(t, { jobs: [double] });
  assert.equal((await memory.enqueue(double, { n: 1 })).durability, "memory");
});

test("enqueueAndWait gives the result, and takes the options of both", bounded, async (t) => {
  const runtime = await started(t, { jobs: [double] });
  const answer = await runtime.enqueueAndWait(double, { n: 4 }, { tags: ["a"], timeout: "10s" });
  assert.deepEqual(answer, { n: 8 });
  const waiting = runtime.enqueueAndWait(double, { n: 4 }, { delay: "1h", timeout: 1 });
  await refuses(waiting, "ERR_ERGATE_WAIT_TIMEOUT");
});

test(
  "a wait for a result ends with its signal, and for a job that is not there at once",
  bounded,
  async (t) => {
    const runtime = await started(t, { jobs: [double] });
    const { id } = await runtime.enqueue(double, { n: 4 }, { delay: "1h" });
    const controller = new AbortController();
    const waiting = runtime.result(id, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    await refuses(runtime.result("nobody"), "ERR_ERGATE_JOB_NOT_FOUND");
    const deleted = refuses(runtime.result(id), "ERR_ERGATE_JOB_NOT_FOUND");
    await runtime.jobs.delete(id);
    await deleted;
  },
);

test(
  "the schema is checked at enqueue: the input is stored, the handler gets the output",
  bounded,
  async (t) => {
    const seen: unknown[] = [];
    const at = defineJob("at", {
      args: z.object({ day: z.coerce.date(), size: z.number().default(3) }),
      run: (args) => void seen.push(args),
    });
    const runtime = await started(t, { jobs: [at] });
    const { id } = await runtime.enqueue(at, { day: new Date(0) });
    await runtime.result(id);
    assert.deepEqual(seen, [{ day: new Date(0), size: 3 }]);
    const job = await runtime.jobs.get(id);
    assert.deepEqual(job?.args, { day: "1970-01-01T00:00:00.000Z" });
    const wrong = { day: new Date(0), size: "x" } as unknown as { day: Date };
    await refuses(runtime.enqueue(at, wrong), "ERR_ERGATE_PAYLOAD_SCHEMA", "args.size");
    const second = [
      { job: at, args: { day: 1 } },
      { job: at, args: wrong },
    ];
    const refused = await refuses(runtime.enqueueMany(second), "ERR_ERGATE_PAYLOAD_SCHEMA");
    assert.match(refused.message, /requests\[1\]/);
    assert.equal(await runtime.jobs.count(), 1);
  },
);

test(
  "a schema that answers later is awaited, at enqueue and before the run",
  bounded,
  async (t) => {
    const slow = defineJob("slow", {
      args: z.string().refine(async (text) => text !== "no"),
      run: (text) => text.toUpperCase(),
    });
    const runtime = await started(t, { jobs: [slow] });
    assert.equal(await runtime.enqueueAndWait(slow, "yes"), "YES");
    await refuses(runtime.enqueue(slow, "no"), "ERR_ERGATE_PAYLOAD_SCHEMA", "args");
  },
);

test(
  "an unknown name is refused, unless it is allowed; a stored one is known",
  bounded,
  async (t) => {
    const file = newFile(t);
    const producer = await made(t, { storage: file });
    await refuses(producer.enqueue("double", { n: 1 }), "ERR_ERGATE_JOB_UNKNOWN", "job");
    const { id } = await producer.enqueue("double", { n: 1 }, { allowUnknown: true });
    const worker = await started(t, { storage: file, jobs: [double] });
    assert.deepEqual(await worker.result(id), { n: 2 });
    const known = await producer.enqueue("double", { n: 3 });
    assert.deepEqual(await producer.result(known.id), { n: 6 });
  },
);

test("a producer never starts: it enqueues, reads, and stops", bounded, async (t) => {
  const runtime = await made(t, { storage: newFile(t), jobs: [defineJob("there")] });
  const { id } = await runtime.enqueue("there", { any: 1 });
  assert.equal((await runtime.jobs.get(id))?.state, "available");
  assert.deepEqual(await runtime.workers.list(), []);
  await runtime.stop();
});

test("what a definition without a handler names stays for who has one", bounded, async (t) => {
  const runtime = await started(t, { jobs: [defineJob("elsewhere"), double] });
  const { id } = await runtime.enqueue("elsewhere");
  await runtime.enqueueAndWait(double, { n: 1 });
  assert.equal((await runtime.jobs.get(id))?.state, "available");
});

test("jobs are registered before and after the start", bounded, async (t) => {
  const runtime = await made(t, { threads: 1 });
  await runtime.register(double);
  await runtime.start();
  assert.deepEqual(await runtime.enqueueAndWait(double, { n: 1 }), { n: 2 });
  await runtime.register({ name: "later", run: () => "later" });
  assert.equal(await runtime.enqueueAndWait("later"), "later");
  await runtime.register(defineJob("thread", { thread: handler("echo") }));
  assert.equal((await runtime.enqueueAndWait<unknown, { name: string }>("thread")).name, "thread");
});

test("what waits for a name runs as soon as it is registered", bounded, async (t) => {
  const runtime = await started(t);
  const { id } = await runtime.enqueue("double", { n: 5 }, { allowUnknown: true });
  await runtime.register(double);
  assert.deepEqual(await runtime.result(id), { n: 10 });
});

test("an empty name and a second job of one name are refused", bounded, async (t) => {
  const runtime = await made(t, { jobs: [double] });
  await refuses(
    runtime.register({ name: "", run: () => 1 }),
    "ERR_ERGATE_JOB_NAME",
    "jobs[0].name",
  );
  await refuses(runtime.register({ name: "double", run: () => 1 }), "ERR_ERGATE_JOB_NAME");
  await runtime.start();
  await refuses(runtime.register(double), "ERR_ERGATE_JOB_NAME", "jobs[0]");
  const twice = { storage: ":memory:", logger: silent, jobs: [double, double] };
  await refuses(createRuntime(twice), "ERR_ERGATE_JOB_NAME", "jobs[1]");
});

test("a registration of several jobs is refused as a whole", bounded, async (t) => {
  const runtime = await made(t);
  const bad = { name: "", run: () => 1 };
  await refuses(runtime.register(double, bad), "ERR_ERGATE_JOB_NAME", "jobs[1].name");
  await runtime.register(double);
});

test(
  "a thread handler that can't be loaded fails the start, which may be tried again",
  bounded,
  async (t) => {
    const broken = defineJob("broken", { thread: handler("broken") });
    const runtime = await made(t, { jobs: [broken, double], threads: 1 });
    const error = await refuses(runtime.start(), "ERR_ERGATE_HANDLER_LOAD");
    assert.match(error.message, /broken/);
    assert.match(error.message, /never loads/);
    await refuses(runtime.start(), "ERR_ERGATE_HANDLER_LOAD");
    const missing = defineJob("missing", { thread: new URL("file:///nowhere/at/all.ts") });
    const other = await started(t, { threads: 1 });
    await refuses(other.register(missing), "ERR_ERGATE_HANDLER_LOAD");
  },
);

test("the context is made once, and every loop run gets it as its base", bounded, async (t) => {
  let made = 0;
  const seen = defineJob("seen", { run: (_args, ctx) => ctx.base });
  const context = async () => ({ db: ++made });
  const runtime = await started(t, { jobs: [seen], context });
  assert.deepEqual(await runtime.enqueueAndWait(seen), { db: 1 });
  assert.deepEqual(await runtime.enqueueAndWait(seen), { db: 1 });
});

test("a context that fails stops the start, which may be tried again", bounded, async (t) => {
  let calls = 0;
  const context = () => {
    if (calls++ === 0) throw new Error("no database there");
    return "base";
  };
  const seen = defineJob("seen", { run: (_args, ctx) => ctx.base });
  const runtime = await made(t, { jobs: [seen], context });
  const error = await refuses(runtime.start(), "ERR_ERGATE_CONTEXT", "context");
  assert.match(error.message, /no database there/);
  assert.deepEqual(await runtime.workers.list(), []);
  await runtime.start();
  assert.equal(await runtime.enqueueAndWait(seen), "base");
});

test("a thread module's setup runs once a thread, and is its base", bounded, async (t) => {
  const job = defineJob("setup", { thread: handler("setup") });
  const runtime = await started(t, { jobs: [job], threads: 1 });
  const bases = await Promise.all([1, 2, 3].map(() => runtime.enqueueAndWait(job)));
  assert.equal(new Set(bases.map((base) => JSON.stringify(base))).size, 1);
  assert.equal((bases[0] as { setups: number }).setups, 1);
});

test("defaults hold for every job that does not say otherwise", bounded, async (t) => {
  const own = defineJob("own", { maxAttempts: 2, run: () => 1 });
  const plain = defineJob("plain", { run: () => 1 });
  const runtime = await made(t, { jobs: [own, plain], defaults: { maxAttempts: 9, priority: 5 } });
  const jobs = await Promise.all(
    [own, plain].map(async (job) => runtime.jobs.get((await runtime.enqueue(job)).id)),
  );
  assert.deepEqual(
    jobs.map((job) => [job?.maxAttempts, job?.priority]),
    [
      [2, 5],
      [9, 5],
    ],
  );
});
