import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cancelJob,
  defineJob,
  discard,
  type JobDefinition,
  type Middleware,
  type MiddlewareJob,
  retryAfter,
  snooze,
} from "../../actors/index.ts";
import {
  aborted,
  bounded,
  eventually,
  handler,
  newFile,
  refuses,
  signal,
  silent,
  started,
  threadVoice,
} from "./kit.ts";

/** The same behaviours around handlers in the loop and in threads. */
const echo = {
  loop: defineJob("echo", {
    run: (args, { id, name, queue, attempt }) => ({ args, id, name, queue, attempt }),
  }),
  thread: defineJob("echo", { thread: handler("echo") }),
};

const values: Record<keyof typeof echo, JobDefinition<{ keys: string[] }>> = {
  loop: defineJob("values", {
    run(args: { keys: string[] }, ctx) {
      ctx.set("own", "set in the handler");
      return args.keys.map((key) => ctx.get(key) ?? null);
    },
  }),
  thread: defineJob("values", { thread: handler("values") }),
};

const polite = {
  loop: defineJob("polite", {
    async run(_args, ctx) {
      await aborted(ctx.signal);
      throw ctx.signal.reason;
    },
  }),
  thread: defineJob("polite", { thread: handler("polite") }),
};

const bad = {
  loop: defineJob("bad", {
    maxAttempts: 1,
    run: () => Promise.reject(new TypeError("of its own")),
  }),
  thread: defineJob("bad", { maxAttempts: 1, thread: handler("thrower") }),
};

const pass: Middleware = (_job, next) => next();

for (const place of ["loop", "thread"] as const) {
  const named = (text: string) => `${place}: ${text}`;
  const given = (...jobs: object[]) => ({ jobs, threads: 1 });

  test(named("middlewares are around each run, in order, and see the job"), bounded, async (t) => {
    const runtime = await started(t, { ...given(echo[place]), storage: newFile(t) });
    const seen: unknown[] = [];
    runtime.use(async (job, next) => {
      const { id, name, queue, attempt, args, tags, meta, signal } = job;
      seen.push({ id, name, queue, attempt, args, tags, meta, aborted: signal.aborted });
      const result = await next();
      seen.push(result);
      return { wrapped: result };
    });
    runtime.use((_job, next) => {
      seen.push("inner");
      return next();
    });
    const { id } = await runtime.enqueue(
      echo[place],
      { n: 1 },
      { queue: "other", tags: ["a", "b"], meta: { trace: "t" } },
    );
    const result = await runtime.result(id);
    const job = { id, name: "echo", queue: "other", attempt: 1, args: { n: 1 } };
    assert.deepEqual(seen, [
      { ...job, tags: ["a", "b"], meta: { trace: "t" }, aborted: false },
      "inner",
      job,
    ]);
    assert.deepEqual(result, { wrapped: job });
  });

  test(
    named("a middleware may answer for the handler, which is not entered"),
    bounded,
    async (t) => {
      const runtime = await started(t, given(bad[place]));
      runtime.use(({ args }) => ({ cached: args }));
      assert.deepEqual(await runtime.enqueueAndWait(bad[place], { how: "error" }), {
        cached: { how: "error" },
      });
    },
  );

  test(named("what a middleware sets for a run its handler gets"), bounded, async (t) => {
    const runtime = await started(t, given(values[place]));
    let after: unknown;
    runtime.use(async (job, next) => {
      job.set("user", { name: "ada" });
      job.set("n", 0);
      job.set("__proto__", "a key like any other");
      const result = await next();
      after = [job.get("user"), job.get("late")];
      return result;
    });
    runtime.use((job, next) => {
      job.set("n", (job.get<number>("n") ?? 0) + 1);
      return next();
    });
    const keys = ["user", "n", "absent", "own", "__proto__"];
    const found = await runtime.enqueueAndWait(values[place], { keys });
    const own = place === "loop" ? "set in the handler" : "set in the thread";
    assert.deepEqual(found, [{ name: "ada" }, 1, null, own, "a key like any other"]);
    assert.deepEqual(after, [{ name: "ada" }, undefined]);
    const others = defineJob("others", { run: (_args, ctx) => ctx.get("user") ?? "nothing" });
    await runtime.register(others);
    assert.deepEqual(
      await runtime.enqueueAndWait(others),
      { name: "ada" },
      "set for each run anew",
    );
  });

  test(
    named("the error of a run reaches its middlewares, which may change its fate"),
    bounded,
    async (t) => {
      const runtime = await started(t, given(bad[place]));
      const seen: unknown[] = [];
      runtime.use(async (job, next) => {
        try {
          return await next();
        } catch (error) {
          seen.push((error as Error).name, (error as Error).message);
          if (job.tags.includes("forgiven")) return "forgiven";
          throw new Error("changed", { cause: error });
        }
      });
      const forgiven = { tags: ["forgiven"] };
      assert.equal(
        await runtime.enqueueAndWait(bad[place], { how: "error" }, forgiven),
        "forgiven",
      );
      const { id } = await runtime.enqueue(bad[place], { how: "error" });
      const error = await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
      assert.match(error.message, /changed/);
      assert.deepEqual(seen, ["TypeError", "of its own", "TypeError", "of its own"]);
      const [kept] = await runtime.jobs.executions(id);
      assert.match(kept?.error?.stack ?? "", /caused by: TypeError: of its own/);
    },
  );

  for (const how of ["throws", "rejects"] as const) {
    test(
      named(`a middleware that ${how} fails the run, as its handler would`),
      bounded,
      async (t) => {
        const runtime = await started(t, given(echo[place]));
        runtime.use(() => {
          if (how === "throws") throw new RangeError("no licence");
          return Promise.reject(new RangeError("no licence"));
        });
        const { id } = await runtime.enqueue(echo[place]);
        const job = await eventually(
          () => runtime.jobs.get(id),
          (found) => found?.state === "retryable",
        );
        assert.equal(job?.errors[0]?.message, "no licence");
      },
    );

    test(named(`a directive that a middleware ${how} is done`), bounded, async (t) => {
      const runtime = await started(t, given(echo[place]));
      const directives: Record<string, unknown> = {
        retryable: retryAfter("1h"),
        scheduled: snooze("1h"),
        dead: discard("too old"),
        cancelled: cancelJob("not today"),
      };
      runtime.use(async ({ args }, next) => {
        const result = await next();
        const directive = directives[String(args)] ?? result;
        if (how === "rejects") throw directive;
        return directive;
      });
      for (const state of Object.keys(directives)) {
        const { id } = await runtime.enqueue(echo[place], state);
        await eventually(
          () => runtime.jobs.get(id),
          (found) => found?.state === state,
        );
      }
    });
  }

  test(named("next() called twice fails the run, and names the middleware"), bounded, async (t) => {
    const runtime = await started(t, given(echo[place]));
    runtime.use(async function greedy(_job: MiddlewareJob, next: () => Promise<unknown>) {
      await next();
      return next();
    });
    const { id } = await runtime.enqueue(echo[place], null, { maxAttempts: 1 });
    const error = await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
    assert.match(error.message, /the middleware use\[0\] \(greedy\) called next\(\) twice/);
  });

  test(
    named("a stop reaches middlewares by the job's signal, and ends the run"),
    bounded,
    async (t) => {
      const runtime = await started(t, given(polite[place]));
      const entered = new Map<string, () => void>();
      runtime.use(async (job, next) => {
        const { when } = job.args as { when: string };
        entered.get(when)?.();
        if (when === "before") await aborted(job.signal);
        return next();
      });
      for (const when of ["before", "inside"]) {
        const inside = signal();
        entered.set(when, inside.resolve);
        const { id } = await runtime.enqueue(polite[place], { end: "throw", when });
        await inside.promise;
        await runtime.jobs.stop(id, "enough");
        await refuses(runtime.result(id), "ERR_ERGATE_RESULT_STOPPED");
      }
    },
  );

  test(
    named("a middleware that ignores its signal holds its job no longer than its grace"),
    bounded,
    async (t) => {
      for (const when of ["before", "after"]) {
        const held = signal();
        const gate = signal();
        const job =
          place === "loop"
            ? defineJob("job", { graceMs: 1, run: () => 1 })
            : defineJob("job", { graceMs: 1, thread: handler("echo") });
        const runtime = await started(t, given(job));
        runtime.use(async (_job, next) => {
          if (when === "after") await next();
          held.resolve();
          await gate.promise;
          return when === "before" ? next() : undefined;
        });
        const { id } = await runtime.enqueue(job);
        await held.promise;
        await runtime.jobs.stop(id);
        await refuses(runtime.result(id), "ERR_ERGATE_RESULT_STOPPED");
        gate.resolve();
        assert.equal(
          (await runtime.jobs.get(id))?.state,
          "stopped",
          "what it does later is dropped",
        );
      }
    },
  );

  test(named("a timeout holds for middlewares, too"), bounded, async (t) => {
    const job =
      place === "loop"
        ? defineJob("job", { timeout: 1, run: () => 1 })
        : defineJob("job", { timeout: 1, thread: handler("echo") });
    const runtime = await started(t, given(job));
    runtime.use(async ({ signal }) => {
      await aborted(signal);
      throw signal.reason;
    });
    const { id } = await runtime.enqueue(job, null, { maxAttempts: 1 });
    const error = await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
    assert.match(error.message, /longer than 1 ms/);
  });

  test(
    named("a payload that can't be read is dead, also where a middleware reads it"),
    bounded,
    async (t) => {
      const file = newFile(t);
      const runtime = await started(t, {
        ...given(echo[place]),
        storage: { file, place: "inline" },
      });
      const { default: Database } = await import("better-sqlite3");
      const reads: unknown[] = [];
      runtime.use((job, next) => {
        reads.push(job.name);
        return job.tags.length > 0 ? [job.args] : next();
      });
      for (const tags of [[], ["read"]]) {
        const { id } = await runtime.enqueue(echo[place], 1, { tags, delay: "1h" });
        const other = new Database(file);
        other.prepare("UPDATE jobs SET args = '{' WHERE id = ?").run(id);
        other.close();
        await runtime.jobs.retry(id);
        const error = await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
        assert.match(error.message, /can't be read/);
      }
      assert.equal(reads.length, 2);
    },
  );

  test(named("what a middleware logs is in the job's log"), bounded, async (t) => {
    const runtime = await started(t, given(echo[place]));
    runtime.use(async ({ log }, next) => {
      log.info("before", { n: 1 });
      log.debug("not kept");
      const result = await next();
      log.warn("after");
      return result;
    });
    const { id } = await runtime.enqueue(echo[place]);
    await runtime.result(id);
    const { items } = await runtime.jobs.logs(id);
    assert.deepEqual(
      items.map(({ level, text }) => [level, text]),
      [
        ["info", 'before {"n":1}'],
        ["warn", "after"],
      ],
    );
  });

  test(
    named("a runtime with middlewares stops clean, and gives back what it held"),
    bounded,
    async (t) => {
      const file = newFile(t);
      const runtime = await started(t, { ...given(echo[place]), storage: file });
      const held = signal();
      runtime.use(async (job, next) => {
        held.resolve();
        await aborted(job.signal);
        return next();
      });
      const { id } = await runtime.enqueue(echo[place], 5);
      await held.promise;
      await runtime.stop({ graceMs: 0 });
      const second = await started(t, { ...given(echo[place]), storage: file });
      const { args, attempt } = await second.result<{ args: unknown; attempt: number }>(id);
      assert.deepEqual([args, attempt], [5, 1]);
    },
  );
}

test(
  "many thread jobs share their batches also with middlewares around them",
  bounded,
  async (t) => {
    const runtime = await started(t, { jobs: [echo.thread], threads: 1 });
    let inside = 0;
    let most = 0;
    runtime.use(async (_job, next) => {
      most = Math.max(most, ++inside);
      const result = await next();
      inside--;
      return result;
    });
    const requests = Array.from({ length: 500 }, (_, n) => ({ job: echo.thread, args: n }));
    const receipts = await runtime.enqueueMany(requests);
    const results = await Promise.all(
      receipts.map(({ id }) => runtime.result<{ args: number }>(id)),
    );
    assert.deepEqual(
      results.map(({ args }) => args),
      requests.map(({ args }) => args),
    );
    assert.ok(most > 1, "they go in together");
    assert.equal(inside, 0);
  },
);

test(
  "values without a JSON form stay with the middlewares; one too large fails the run",
  bounded,
  async (t) => {
    const runtime = await started(t, { jobs: [values.thread], threads: 1 });
    const socket = { send: () => undefined, self: new Map() };
    runtime.use(async (job, next) => {
      job.set("socket", socket);
      job.set("fine", [1]);
      if (job.tags.includes("large")) job.set("large", "x".repeat(2 ** 21));
      const result = await next();
      assert.equal(job.get("socket"), socket);
      return result;
    });
    const args = { keys: ["socket", "fine"] };
    assert.deepEqual(await runtime.enqueueAndWait(values.thread, args), [null, [1]]);
    const { id } = await runtime.enqueue(values.thread, args, { tags: ["large"], maxAttempts: 1 });
    await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
    assert.match((await runtime.jobs.get(id))?.reason ?? "", /values\.large/);
  },
);

test("a thread's directive reaches the middlewares as what next() gives", bounded, async (t) => {
  const job = defineJob("thrower", { thread: handler("thrower") });
  const runtime = await started(t, { jobs: [job], threads: 1 });
  const seen: unknown[] = [];
  runtime.use(async (_job, next) => {
    const result = (await next()) as { type: string };
    seen.push(result.type);
    return result;
  });
  const { id } = await runtime.enqueue(job, { how: "discard" });
  await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
  assert.deepEqual(seen, ["discard"]);
});

test("a thread that dies is an error that its middlewares see", bounded, async (t) => {
  const voice = threadVoice(t);
  const job = defineJob("deaf", { thread: handler("deaf"), graceMs: 1 });
  const runtime = await started(t, { jobs: [job], threads: 1 });
  const seen: unknown[] = [];
  runtime.use((_job, next) =>
    next().catch((error) => {
      seen.push(error.code);
      throw error;
    }),
  );
  const { id } = await runtime.enqueue(job);
  await voice(id, "entered");
  await runtime.jobs.cancel(id);
  await refuses(runtime.result(id), "ERR_ERGATE_RESULT_CANCELLED");
  assert.deepEqual(seen, ["ERR_ERGATE_RUN_LOST"]);
});

test(
  "a job enqueued with the result comes with a run that its middlewares let complete",
  bounded,
  async (t) => {
    const child = defineJob("child", { run: () => 1 });
    const parent = defineJob("parent", { thread: handler("parent") });
    const runtime = await started(t, { jobs: [child, parent], threads: 1 });
    runtime.use(pass);
    await runtime.enqueueAndWait(parent, { end: "return" });
    await eventually(
      () => runtime.jobs.count({ name: "child", state: "completed" }),
      (count) => count === 2,
    );
  },
);

test("a middleware registered later holds for the runs that begin then", bounded, async (t) => {
  const runtime = await started(t, { jobs: [echo.loop] });
  await runtime.enqueueAndWait(echo.loop);
  runtime.use(() => "from now on");
  assert.equal(await runtime.enqueueAndWait(echo.loop), "from now on");
});

test("what can't be called is no middleware", bounded, async (t) => {
  const runtime = await started(t);
  const use = runtime.use as (value: unknown) => void;
  await refuses(() => use(5), "ERR_ERGATE_OPTION", "use[0]");
});

test(
  "the logger hears of each run's start and end, outside of all middlewares",
  bounded,
  async (t) => {
    const lines: [string, object, string][] = [];
    const at = (level: string) => (fields: object, text: string) =>
      void lines.push([level, fields, text]);
    const logger = { ...silent, debug: at("debug"), info: at("info") };
    const runtime = await started(t, {
      ...{ jobs: [echo.loop, bad.thread], threads: 1, logger },
    });
    runtime.use((job, next) => {
      lines.push(["middleware", {}, job.name]);
      return next();
    });
    const ids = [
      await runtime.enqueue(echo.loop),
      await runtime.enqueue(bad.thread, { how: "error" }),
    ];
    await Promise.allSettled(ids.map(({ id }) => runtime.result(id)));
    for (const [index, outcome] of [["completed"], ["dead", "of its own"]].entries()) {
      const id = ids[index]?.id;
      const own = lines.filter(([, fields]) => (fields as { id?: string }).id === id);
      const name = index === 0 ? "echo" : "bad";
      const [start, end] = own as [[string, object, string], [string, { ms?: number }, string]];
      assert.deepEqual(start, ["debug", { name, id, attempt: 1 }, "run started"]);
      const { ms, ...facts } = end[1];
      assert.ok(Number.isInteger(ms));
      const error = outcome[1] === undefined ? {} : { error: outcome[1] };
      assert.deepEqual(
        [end[0], facts, end[2]],
        ["info", { name, id, attempt: 1, outcome: outcome[0], ...error }, "run ended"],
      );
      const around = lines.filter(([level, , text]) => text === name && level === "middleware")[0];
      assert.ok(around !== undefined && lines.indexOf(around) > lines.indexOf(start));
    }
  },
);

test(
  "no line is made of a level that is off, without a logger, or where they are not wanted",
  bounded,
  async (t) => {
    const made: string[] = [];
    const at = (level: string) => () => void made.push(level);
    const logger = { ...silent, debug: at("debug"), info: at("info") };
    const quiet = { ...logger, isLevelEnabled: (level: string) => level !== "debug" };
    const first = await started(t, { jobs: [echo.loop], logger: quiet });
    await first.enqueueAndWait(echo.loop);
    assert.deepEqual(made, ["info"]);
    const second = await started(t, { jobs: [echo.loop], logger, log: { runs: false } });
    await second.enqueueAndWait(echo.loop);
    assert.deepEqual(made, ["info"]);
  },
);

test("a logger that throws fails no run", bounded, async (t) => {
  const throws = () => {
    throw new Error("no disk");
  };
  const runtime = await started(t, {
    jobs: [echo.loop],
    logger: { ...silent, debug: throws, info: throws },
  });
  assert.ok(await runtime.enqueueAndWait(echo.loop));
});
