import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, refuses, silent } from "../actors/kit.ts";
import { abortOf, made, outcomes } from "./kit.ts";

const mode = "inline";

test("inline: enqueue resolves after the job ran, with its state", bounded, async (t) => {
  const ran: string[] = [];
  const note = defineJob("note", {
    async run(name: string) {
      await new Promise((resolve) => setImmediate(resolve));
      ran.push(name);
      return name.length;
    },
  });
  const runtime = made(t, { mode, jobs: [note] });
  const receipt = await runtime.enqueue(note, "one");
  assert.deepEqual(ran, ["one"]);
  assert.deepEqual([receipt.state, receipt.disposition], ["completed", "created"]);
  assert.equal(await runtime.result(receipt.id), 3);
  const many = await runtime.enqueueMany([
    { job: note, args: "two" },
    { job: note, args: "three", delay: "1h" },
  ]);
  assert.deepEqual(
    many.map(({ state }) => state),
    ["completed", "scheduled"],
  );
  assert.deepEqual(ran, ["one", "two"]);
  assert.equal(await runtime.enqueueAndWait(note, "three"), 5);
});

test(
  "inline: what the job enqueues ran as well, at once or through the runtime",
  bounded,
  async (t) => {
    const ran: string[] = [];
    const runtime = made(t, {
      mode,
      concurrency: 1,
      jobs: [
        defineJob("parent", {
          async run(_args, ctx) {
            await ctx.enqueue("child", "by ctx");
            const receipt = await runtime.enqueue("child", "by the runtime");
            // As in production: nobody waits for the job in the middle of another.
            assert.equal(receipt.state, "available");
            assert.equal(ran.length, 0);
            ran.push("parent");
          },
        }),
        defineJob("child", { run: (name: string) => void ran.push(name) }),
      ],
    });
    await runtime.enqueue("parent");
    assert.deepEqual(ran, ["parent", "by ctx", "by the runtime"]);
  },
);

test("inline: a handler may wait for another job's result", bounded, async (t) => {
  const runtime = made(t, {
    mode,
    jobs: [
      defineJob("parent", { run: () => runtime.enqueueAndWait("child", 20) }),
      defineJob("child", { run: (n: number) => n + 1 }),
    ],
  });
  const { id } = await runtime.enqueue("parent");
  assert.equal(await runtime.result(id), 21);
});

test("inline: a failure shows in the receipt, in the result and in the log", bounded, async (t) => {
  const told: [object, string][] = [];
  const logger = {
    ...silent,
    warn: (fields: object, text: string) => void told.push([fields, text]),
  };
  const bad = defineJob("bad", {
    run: () => {
      throw new RangeError("out of order");
    },
  });
  const runtime = made(t, { mode, logger, jobs: [bad] });
  const once = await runtime.enqueue(bad, null, { maxAttempts: 1 });
  assert.equal(once.state, "dead");
  const error = await refuses(runtime.result(once.id), "ERR_ERGATE_RESULT_DEAD");
  assert.match(error.message, /out of order/);
  const [fields, text] = told[0] ?? [];
  assert.deepEqual(fields, { job: "bad", id: once.id, attempt: 1 });
  assert.match(
    text ?? "",
    /^job "bad" \(\w+\) failed in attempt 1: RangeError: out of order\n {4}at /,
  );
  assert.equal((await runtime.enqueue(bad)).state, "retryable");
  assert.equal(told.length, 2);
  assert.deepEqual(await runtime.advance("1h"), outcomes({ failed: 2, dead: 1 }));
});

test("inline: delayed jobs and retries wait for an advance", bounded, async (t) => {
  let runs = 0;
  const flaky = defineJob("flaky", {
    backoff: "10m",
    run: () => (++runs < 3 ? assert.fail("not yet") : "at last"),
  });
  const runtime = made(t, { mode, jobs: [flaky] });
  const { id, state } = await runtime.enqueue(flaky);
  assert.deepEqual([state, runs], ["retryable", 1]);
  await runtime.advance("9m");
  assert.equal(runs, 1);
  await runtime.advance("11m");
  assert.equal(await runtime.result(id), "at last");
});

test("inline: an enqueue that waits for virtual time ends with the advance", bounded, async (t) => {
  const slow = defineJob("slow", {
    timeout: "30s",
    maxAttempts: 1,
    run: async (_args, ctx) => Promise.reject(await abortOf(ctx.signal)),
  });
  const runtime = made(t, { mode, jobs: [slow], patience: 1 });
  const enqueued = runtime.enqueue(slow);
  await runtime.advance("1m");
  assert.equal((await enqueued).state, "dead");
});

test("inline: bad arguments and a failed context are refused by enqueue", bounded, async (t) => {
  const note = defineJob("note", { run: () => undefined });
  const runtime = made(t, { mode, jobs: [note] });
  await refuses(runtime.enqueue("unknown"), "ERR_ERGATE_JOB_UNKNOWN");
  await refuses(runtime.enqueue(note, new Map()), "ERR_ERGATE_PAYLOAD_JSON");
  const failing = made(t, { mode, jobs: [note], context: () => assert.fail("no database") });
  await refuses(failing.enqueue(note), "ERR_ERGATE_CONTEXT");
});

test(
  "the context function gets the runtime under test, its value the handlers",
  bounded,
  async (t) => {
    const runtime = made(t, {
      mode,
      context: (given) => ({ same: given === runtime }),
      jobs: [defineJob("note", { run: (_args, ctx) => ctx.base })],
    });
    assert.deepEqual(await runtime.enqueueAndWait("note"), { same: true });
  },
);
