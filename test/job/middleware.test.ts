import assert from "node:assert/strict";
import { test } from "node:test";
import { type Middleware, type MiddlewareJob, Middlewares } from "../../lib/job/middleware.ts";

const job = {} as MiddlewareJob;

function chain(...all: Middleware[]): Middlewares {
  const middlewares = new Middlewares();
  for (const each of all) middlewares.use(each);
  return middlewares;
}

function deferred() {
  let resolve: (value?: unknown) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

test("middlewares run in the order of registration, around the handler", async () => {
  const seen: string[] = [];
  const named =
    (name: string): Middleware =>
    async (_job, next) => {
      seen.push(`${name} in`);
      const result = await next();
      seen.push(`${name} out`);
      return `${name}(${result})`;
    };
  const result = await chain(named("a"), named("b")).run(job, () => {
    seen.push("handler");
    return "x";
  });
  assert.deepEqual(seen, ["a in", "b in", "handler", "b out", "a out"]);
  assert.equal(result, "a(b(x))");
});

test("without an await before next() the handler is entered in the caller's stack", async () => {
  let entered = false;
  const all = chain(
    async (_job, next) => next(),
    (_job, next) => next(),
  );
  const run = all.run(job, () => {
    entered = true;
  });
  assert.ok(entered);
  await run;
});

test("a middleware that does not call next() ends the run with what it returns", async () => {
  const never = () => assert.fail("entered");
  assert.equal(await chain(() => "cached").run(job, never), "cached");
  assert.equal(await chain(async () => undefined).run(job, never), undefined);
});

test("undefined leaves the result of next() as it is, anything else replaces it", async () => {
  const returning =
    (value: unknown): Middleware =>
    async (_job, next) => {
      await next();
      return value;
    };
  assert.equal(await chain(returning(undefined)).run(job, () => 7), 7);
  assert.equal(await chain(returning(null)).run(job, () => 7), null);
  assert.equal(await chain(returning(8)).run(job, async () => 7), 8);
});

test("an error of the handler goes through, may be caught, changed or replaced", async () => {
  const boom = () => {
    throw new Error("boom");
  };
  await assert.rejects(chain((_job, next) => next()).run(job, boom), /boom/);
  await assert.rejects(chain(async (_job, next) => void (await next())).run(job, boom), /boom/);
  const caught: Middleware = (_job, next) => next().catch((error) => `saw ${error.message}`);
  assert.equal(await chain(caught).run(job, boom), "saw boom");
  const swallowed: Middleware = async (_job, next) => {
    await next().catch(() => undefined);
  };
  assert.equal(await chain(swallowed).run(job, async () => boom()), undefined);
  const changed: Middleware = async (_job, next) => {
    try {
      await next();
    } catch (cause) {
      throw new Error("changed", { cause });
    }
  };
  await assert.rejects(chain(changed).run(job, boom), /changed/);
});

test("an error of a middleware ends what is inside of it unentered", async () => {
  const never = () => assert.fail("entered");
  const throws: Middleware = () => {
    throw new Error("at once");
  };
  await assert.rejects(chain(throws).run(job, never), /at once/);
  await assert.rejects(
    chain(async () => Promise.reject(new Error("later"))).run(job, never),
    /later/,
  );
  const outer: Middleware = async (_job, next) => next().catch((error) => error.message);
  assert.equal(await chain(outer, throws).run(job, never), "at once");
});

test("a run is not over before its handler, also where nobody waits for it", async () => {
  const gate = deferred();
  let over = false;
  const all = chain((_job, next) => {
    void next();
  });
  const run = all
    .run(job, () => gate.promise)
    .then((result) => {
      over = true;
      return result;
    });
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!over);
  gate.resolve("its result");
  assert.equal(await run, "its result");
});

test("an error that a middleware never looked at is the run's", async () => {
  const forgets: Middleware = async (_job, next) => {
    void next();
  };
  const fails = () => {
    throw new Error("boom");
  };
  await assert.rejects(chain(forgets).run(job, fails), /boom/);
  await assert.rejects(
    chain(forgets).run(job, async () => fails()),
    /boom/,
  );
  const late = deferred();
  const run = chain(forgets).run(job, () => late.promise);
  late.reject(new Error("later"));
  await assert.rejects(run, /later/);
});

test("a middleware that gives up early fails the run once its handler has ended", async () => {
  const gate = deferred();
  let over = false;
  const impatient: Middleware = (_job, next) =>
    Promise.race([next(), Promise.reject(new Error("too slow"))]);
  const run = chain(impatient)
    .run(job, () => gate.promise)
    .finally(() => {
      over = true;
    });
  run.catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!over, "its handler still runs");
  gate.resolve();
  await assert.rejects(run, /too slow/);
});

test("next() called twice, or after its middleware returned, is an error that names it", async () => {
  let runs = 0;
  const enter = () => ++runs;
  async function twice(_job: MiddlewareJob, next: () => Promise<unknown>) {
    await next();
    await next();
  }
  const refusal = (message: RegExp) => ({ code: "ERR_ERGATE_MIDDLEWARE", message });
  const outer: Middleware = (_job, next) => next();
  await assert.rejects(
    chain(outer, twice).run(job, enter),
    refusal(/use\[1\] \(twice\) called next\(\) twice/),
  );
  assert.equal(runs, 1);
  const caught: Middleware = async (_job, next) => {
    await next();
    await next().catch(() => undefined);
  };
  await assert.rejects(chain(caught).run(job, enter), refusal(/twice/));
  let kept: (() => Promise<unknown>) | undefined;
  const keeps: Middleware = (_job, next) => {
    kept = next;
    return "done";
  };
  assert.equal(await chain(keeps).run(job, enter), "done");
  await assert.rejects(kept?.() ?? Promise.resolve(), refusal(/after it had returned/));
  assert.equal(runs, 2);
});

test("a run keeps the middlewares that it began with", async () => {
  const all = new Middlewares();
  const seen: string[] = [];
  all.use((_job: MiddlewareJob, next: () => Promise<unknown>) => {
    all.use(() => void seen.push("added meanwhile"));
    return next();
  });
  await all.run(job, () => void seen.push("handler"));
  assert.deepEqual(seen, ["handler"]);
});

/** What `use` refuses, and what its message says of it. */
const shapes: [unknown, RegExp][] = [
  [5, /use\[0\] must be a function \(job, next\) => result, not a number/],
  ["log", /not a string/],
  [undefined, /not undefined/],
  [null, /not null/],
  [{ run: () => 1 }, /not an object/],
  [[() => 1], /not a list/],
  [Promise.resolve(() => 1), /not a promise: await it first/],
  [class Logging {}, /not a class/],
  [function* steps() {}, /not a generator, whose body no call enters/],
  [async function* steps() {}, /not a generator/],
];

for (const [value, message] of shapes) {
  test(`a middleware that can't be called is refused: ${message.source.slice(-24)}`, () => {
    const refusal = { code: "ERR_ERGATE_OPTION", path: "use[0]", message };
    assert.throws(() => new Middlewares().use(value), refusal);
  });
}

test("any function is taken as a middleware, whatever it declares", async () => {
  const fine: unknown[] = [
    () => 1,
    async () => 1,
    (_job: unknown) => 1,
    function named() {
      return 1;
    },
    (() => 1).bind(undefined),
    new Proxy(() => 1, {}),
  ];
  for (const value of fine) {
    const all = new Middlewares();
    all.use(value);
    assert.equal(await all.run(job, () => assert.fail("entered")), 1);
  }
});
