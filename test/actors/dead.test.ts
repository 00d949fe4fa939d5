import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DeadJob,
  defineJob,
  discard,
  type JobEvent,
  type Runtime,
} from "../../actors/index.ts";
import {
  aborted,
  bounded,
  eventually,
  handler,
  places,
  refuses,
  signal,
  silent,
  started,
  turns,
} from "./kit.ts";

const once = { maxAttempts: 1 } as const;

/** What happened to the runtime's jobs from now on, as `type name`. */
async function watched(runtime: Runtime): Promise<JobEvent[]> {
  const seen: JobEvent[] = [];
  const events = runtime.events();
  void (async () => {
    for await (const event of events) seen.push(event);
  })();
  await turns(1);
  return seen;
}

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: an exhausted job with skipDead is nowhere afterwards, but was told of and counted`,
    bounded,
    async (t) => {
      const bad = defineJob("bad", {
        ...once,
        skipDead: true,
        run: (_args, ctx) => {
          ctx.log.info("the last words");
          throw new Error("no use");
        },
      });
      const runtime = await started(t, { storage: storage(t), jobs: [bad] });
      const seen = await watched(runtime);
      const { id } = await runtime.enqueue(bad, 7);
      await eventually(
        () => seen.length,
        () => seen.at(-1)?.type === "deleted",
      );
      assert.equal(await runtime.jobs.get(id), undefined);
      assert.equal(await runtime.jobs.count(), 0);
      const types = seen.map(({ type, reason }) => [type, reason]);
      assert.deepEqual(types.slice(-2), [
        ["dead", "no use"],
        ["deleted", undefined],
      ]);
      assert.equal((await runtime.stats()).total.counts.dead, 1);
      await eventually(
        () => runtime.jobs.logs(id),
        ({ items }) => items.length === 0,
      );
    },
  );
}

test("who waits for a job with skipDead hears why it died", bounded, async (t) => {
  const gate = signal();
  const bad = defineJob("bad", {
    ...once,
    skipDead: true,
    run: async () => {
      await gate.promise;
      return discard("no use");
    },
  });
  const runtime = await started(t, { jobs: [bad] });
  const { id } = await runtime.enqueue(bad);
  const result = refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
  await turns(5);
  gate.resolve();
  assert.match((await result).message, /no use/);
  await refuses(runtime.result(id), "ERR_ERGATE_JOB_NOT_FOUND");
});

test(
  "skipDead lets go of no job that may still be tried, stopped or completed",
  bounded,
  async (t) => {
    const jobs = [
      defineJob("fails", { skipDead: true, run: () => Promise.reject(new Error("again")) }),
      defineJob("works", { ...once, skipDead: true, run: () => 1 }),
      defineJob("stops", {
        ...once,
        skipDead: true,
        run: async (_args, ctx) => {
          await aborted(ctx.signal);
          throw ctx.signal.reason;
        },
      }),
    ];
    const runtime = await started(t, { jobs });
    const ids = await Promise.all(jobs.map(async (job) => (await runtime.enqueue(job)).id));
    await eventually(
      () => runtime.jobs.count({ state: "running" }),
      (count) => count === 1,
    );
    await runtime.jobs.stop(ids[2] as string);
    await refuses(runtime.result(ids[2] as string), "ERR_ERGATE_RESULT_STOPPED");
    const found = await Promise.all(ids.map((id) => runtime.jobs.get(id)));
    assert.deepEqual(
      found.map((job) => job?.state),
      ["retryable", "completed", "stopped"],
    );
  },
);

test("skipDead and onDead may be defaults of all jobs", bounded, async (t) => {
  const told = signal<string>();
  const runtime = await started(t, {
    jobs: [defineJob("bad", { ...once, run: () => Promise.reject(new Error("no")) })],
    defaults: { skipDead: true, onDead: ({ name }) => told.resolve(name) },
  });
  const { id } = await runtime.enqueue("bad");
  assert.equal(await told.promise, "bad");
  assert.equal(await runtime.jobs.get(id), undefined);
});

test(
  "onDead is called once, when the death is on disk, with the job and its error",
  bounded,
  async (t) => {
    const deaths: [DeadJob, unknown, string | undefined][] = [];
    const told = signal();
    const thrown = new RangeError("no use");
    const bad = defineJob("bad", {
      maxAttempts: 2,
      backoff: 0,
      run: () => Promise.reject(thrown),
      async onDead(job, error) {
        deaths.push([job, error, (await runtime.jobs.get(job.id))?.state]);
        told.resolve();
      },
    });
    const runtime = await started(t, { jobs: [bad] });
    const { id } = await runtime.enqueue(bad, { n: 1 }, { queue: "others" });
    await told.promise;
    await turns(20);
    const job = { id, name: "bad", queue: "others", args: { n: 1 }, attempt: 2, maxAttempts: 2 };
    assert.deepEqual(deaths, [[{ ...job, reason: "no use" }, thrown, "dead"]]);
    assert.equal(deaths[0]?.[1], thrown, "the very error that was thrown");
  },
);

test(
  "onDead hears of a discard, a timeout and a thread's death, and of no other end",
  bounded,
  async (t) => {
    const deaths = new Map<string, unknown>();
    const onDead = (job: DeadJob, error: unknown) => void deaths.set(job.name, error);
    const options = { ...once, onDead };
    const jobs = [
      defineJob("discards", { ...options, run: () => discard("too old") }),
      defineJob("hangs", {
        ...options,
        timeout: 1,
        run: (_args, ctx) => aborted(ctx.signal).then(() => Promise.reject(new Error("late"))),
      }),
      defineJob("thread", { ...options, thread: handler("thrower") }),
      defineJob("works", { ...options, run: () => 1 }),
      defineJob("fails", { onDead, run: () => Promise.reject(new Error("again")) }),
    ];
    const runtime = await started(t, { jobs, threads: 1 });
    await Promise.all(jobs.map((job) => runtime.enqueue(job, { how: "busy" })));
    await eventually(
      () => deaths.size,
      (size) => size === 3,
    );
    const facts = [...deaths].map(([name, error]) => {
      const { message, code, retryAfter } = error as Error & { code?: string; retryAfter?: number };
      return [name, message, code ?? retryAfter];
    });
    assert.deepEqual(facts.sort(), [
      ["discards", "too old", undefined],
      ["hangs", "the run took longer than 1 ms", "ERR_ERGATE_RUN_TIMEOUT"],
      ["thread", "busy", 3600],
    ]);
  },
);

test("an onDead that throws, or rejects, is logged and harms nothing", bounded, async (t) => {
  const lines: string[] = [];
  const logger = { ...silent, error: (_fields: object, text: string) => void lines.push(text) };
  const run = () => Promise.reject(new Error("no"));
  const jobs = [
    defineJob("throws", {
      ...{ ...once, run },
      onDead: () => {
        throw new Error("a bug");
      },
    }),
    defineJob("rejects", { ...once, run, onDead: () => Promise.reject(new Error("another")) }),
  ];
  const runtime = await started(t, { jobs, logger });
  for (const job of jobs) {
    const { id } = await runtime.enqueue(job);
    await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
  }
  await eventually(
    () => lines.length,
    (count) => count === 2,
  );
  assert.deepEqual(lines, [
    'onDead of job "throws" failed: a bug',
    'onDead of job "rejects" failed: another',
  ]);
});
