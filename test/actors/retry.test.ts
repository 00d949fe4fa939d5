import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import {
  cancelJob,
  defineJob,
  discard,
  type Job,
  type Runtime,
  retryAfter,
  snooze,
} from "../../actors/index.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { advance, bounded, handler, made, newFile, started, turns } from "./kit.ts";

const minute = 60_000;
const hour = 60 * minute;

const inline = {
  memory: () => ":memory:",
  "sqlite inline": (t: Parameters<typeof newFile>[0]) => ({
    file: newFile(t),
    place: "inline" as const,
  }),
};

async function jobOf(runtime: Runtime, id: string): Promise<Job> {
  const job = await runtime.jobs.get(id);
  assert.ok(job);
  return job;
}

for (const [place, storage] of Object.entries(inline)) {
  test(`${place}: a delayed job runs when its time has come, not before`, bounded, async (t) => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    const note = defineJob("note", { run: () => void ran.push(clock.now()) });
    const runtime = await started(t, { clock, storage: storage(t), jobs: [note] });
    const at = clock.now();
    const later = await runtime.enqueue(note, 1, { delay: "90s" });
    assert.equal(later.state, "scheduled");
    await runtime.enqueue(note, 2, { runAt: new Date(at + hour) });
    await runtime.enqueue(note, 3, { runAt: at - hour });
    await advance(clock, 89_000);
    assert.deepEqual(ran, [at]);
    assert.equal((await jobOf(runtime, later.id)).state, "scheduled");
    await advance(clock, 1000);
    assert.deepEqual(ran, [at, at + 90_000]);
    await advance(clock, hour);
    assert.deepEqual(ran, [at, at + 90_000, at + hour]);
  });

  test(
    `${place}: higher priority first, then due time, then order of enqueueing`,
    bounded,
    async (t) => {
      const clock = new VirtualClock();
      const ran: string[] = [];
      const note = defineJob("note", { run: (args: string) => void ran.push(args) });
      const runtime = await made(t, { clock, storage: storage(t), jobs: [note], concurrency: 1 });
      const at = clock.now();
      await runtime.enqueue(note, "first");
      await runtime.enqueue(note, "second");
      await runtime.enqueue(note, "low", { priority: -1 });
      await runtime.enqueue(note, "high", { priority: 7 });
      await runtime.enqueue(note, "due long ago", { runAt: at - 1000 });
      await runtime.enqueue(note, "higher", { priority: 8 });
      await runtime.start();
      await advance(clock, 1000);
      assert.deepEqual(ran, ["higher", "high", "due long ago", "first", "second", "low"]);
    },
  );

  test(
    `${place}: a failing job is tried again after its backoff, then dead`,
    bounded,
    async (t) => {
      const clock = new VirtualClock();
      const ran: number[] = [];
      const start = clock.now();
      const bad = defineJob("bad", {
        maxAttempts: 3,
        backoff: (attempt, error) => `${attempt * (error instanceof RangeError ? 10 : 1)}m`,
        run: (_args, ctx) => {
          ran.push(clock.now() - start);
          throw new RangeError(`attempt ${ctx.attempt}`);
        },
      });
      const runtime = await started(t, { clock, storage: storage(t), jobs: [bad] });
      const { id } = await runtime.enqueue(bad);
      await advance(clock, 1000);
      const waiting = await jobOf(runtime, id);
      assert.deepEqual([waiting.state, waiting.runAt], ["retryable", start + 10 * minute]);
      await advance(clock, hour);
      assert.deepEqual(ran, [0, 10 * minute, 30 * minute]);
      const dead = await jobOf(runtime, id);
      assert.deepEqual([dead.state, dead.attempt, dead.reason], ["dead", 3, "attempt 3"]);
      const messages = dead.errors.map(({ attempt, message }) => [attempt, message]);
      assert.deepEqual(messages, [
        [1, "attempt 1"],
        [2, "attempt 2"],
        [3, "attempt 3"],
      ]);
      assert.match(dead.errors[0]?.stack ?? "", /RangeError/);
      const kept = await runtime.jobs.executions(id);
      assert.deepEqual(
        kept.map(({ attempt, outcome }) => [attempt, outcome]),
        [
          [1, "failed"],
          [2, "failed"],
          [3, "failed"],
        ],
      );
    },
  );

  test(`${place}: a run ends as its directive says, returned or thrown`, bounded, async (t) => {
    const clock = new VirtualClock();
    const how: Record<string, () => unknown> = {
      retryAfter: () => retryAfter("2h"),
      snooze: () => snooze("3h"),
      discard: () => discard("no use"),
      cancelJob: () => cancelJob("not now"),
    };
    const job = defineJob("job", {
      run(args: { how: string; throws: boolean }) {
        const directive = how[args.how]?.();
        if (args.throws) throw directive;
        return directive;
      },
    });
    const runtime = await started(t, { clock, storage: storage(t), jobs: [job] });
    const at = clock.now();
    for (const throws of [false, true]) {
      const ends: Record<string, unknown> = {};
      for (const name of Object.keys(how)) {
        const { id } = await runtime.enqueue(job, { how: name, throws });
        await turns(30);
        const { state, attempt, runAt, reason } = await jobOf(runtime, id);
        ends[name] = { state, attempt, inMs: runAt - at, reason };
      }
      assert.deepEqual(ends, {
        retryAfter: { state: "retryable", attempt: 1, inMs: 2 * hour, reason: undefined },
        snooze: { state: "scheduled", attempt: 0, inMs: 3 * hour, reason: undefined },
        discard: { state: "dead", attempt: 1, inMs: 0, reason: "no use" },
        cancelJob: { state: "cancelled", attempt: 1, inMs: 0, reason: "not now" },
      });
    }
  });
}

test("a backoff without a rule grows, and is at least 15 s", bounded, async (t) => {
  const clock = new VirtualClock();
  const bad = defineJob("bad", { run: () => Promise.reject(new Error("no")) });
  const runtime = await started(t, { clock, jobs: [bad] });
  const { id } = await runtime.enqueue(bad);
  await turns(30);
  const first = await jobOf(runtime, id);
  const waitMs = first.runAt - clock.now();
  assert.ok(waitMs >= 16_000 && waitMs <= 76_000, `${waitMs}`);
});

test("retryAfter on the last attempt is the end", bounded, async (t) => {
  const runtime = await started(t, {
    jobs: [defineJob("once", { maxAttempts: 1, run: () => retryAfter("1m") })],
  });
  const { id } = await runtime.enqueue("once");
  await assert.rejects(runtime.result(id), { code: "ERR_ERGATE_RESULT_DEAD" });
});

test("a snoozed job comes back with its attempt, as often as it likes", bounded, async (t) => {
  const clock = new VirtualClock();
  const attempts: number[] = [];
  const shy = defineJob("shy", {
    maxAttempts: 1,
    run(_args, ctx) {
      attempts.push(ctx.attempt);
      return attempts.length < 5 ? snooze("1m") : "done";
    },
  });
  const runtime = await started(t, { clock, jobs: [shy] });
  const { id } = await runtime.enqueue(shy);
  await advance(clock, 10 * minute);
  assert.deepEqual(attempts, [1, 1, 1, 1, 1]);
  assert.equal(await runtime.result(id), "done");
});

test("anything may be thrown", bounded, async (t) => {
  const thrown: unknown[] = ["text", undefined, null, 7, { code: 1 }, Symbol("s")];
  const job = defineJob("job", {
    maxAttempts: 1,
    run: (at: number) => {
      throw thrown[at];
    },
  });
  const runtime = await started(t, { jobs: [job] });
  for (const [at, value] of thrown.entries()) {
    const { id } = await runtime.enqueue(job, at);
    await assert.rejects(runtime.result(id), { code: "ERR_ERGATE_RESULT_DEAD" });
    assert.equal((await jobOf(runtime, id)).reason, String(value));
  }
});

test("a thing that can't be made text may be thrown too", bounded, async (t) => {
  const odd = [Object.create(null), Object.assign(new Error(), { message: 5, stack: 7 })];
  const job = defineJob("job", { maxAttempts: 1, run: (at: number) => Promise.reject(odd[at]) });
  const runtime = await started(t, { jobs: [job] });
  for (const at of odd.keys()) {
    const { id } = await runtime.enqueue(job, at);
    await assert.rejects(runtime.result(id), { code: "ERR_ERGATE_RESULT_DEAD" });
  }
});

test("a result that has no JSON form fails the run", bounded, async (t) => {
  const given: Record<string, unknown> = { map: new Map(), big: 1n, long: "x".repeat(2 ** 20) };
  const job = defineJob("job", { maxAttempts: 1, run: (name: string) => given[name] });
  const runtime = await started(t, { jobs: [job] });
  for (const name of Object.keys(given)) {
    const { id } = await runtime.enqueue(job, name);
    await assert.rejects(runtime.result(id), { code: "ERR_ERGATE_RESULT_DEAD" });
    assert.match((await jobOf(runtime, id)).reason ?? "", /result/);
  }
});

test("arguments that the schema refuses before the run fail it, unentered", bounded, async (t) => {
  const file = newFile(t);
  const loose = await made(t, { storage: file, jobs: [defineJob("job", { maxAttempts: 1 })] });
  const { id } = await loose.enqueue("job", "text");
  const strict = defineJob("job", { args: z.number(), run: () => assert.fail("entered") });
  const worker = await started(t, { storage: file, jobs: [strict] });
  await assert.rejects(worker.result(id), { code: "ERR_ERGATE_RESULT_DEAD" });
  assert.match((await jobOf(worker, id)).reason ?? "", /args: .*number/);
});

for (const how of ["error", "text", "nothing", "map"]) {
  test(`a thread's run that ends by ${how} is a failed attempt`, bounded, async (t) => {
    const job = defineJob("thrower", { thread: handler("thrower"), maxAttempts: 1 });
    const runtime = await started(t, { jobs: [job], threads: 1 });
    const { id } = await runtime.enqueue(job, { how });
    await assert.rejects(runtime.result(id), { code: "ERR_ERGATE_RESULT_DEAD" });
    const { errors } = await jobOf(runtime, id);
    const messages: Record<string, RegExp> = {
      error: /^of its own$/,
      text: /^just text$/,
      nothing: /^undefined$/,
      map: /Map/,
    };
    assert.match(errors[0]?.message ?? "", messages[how] as RegExp);
    if (how === "error") assert.match(errors[0]?.stack ?? "", /TypeError[\s\S]*the cause/);
  });
}

test("a thread's run ends as its directive says", bounded, async (t) => {
  const job = defineJob("thrower", { thread: handler("thrower") });
  const runtime = await started(t, { jobs: [job], threads: 1 });
  const states = ["dead", "cancelled", "scheduled", "retryable"];
  for (const [at, how] of ["discard", "cancelJob", "snooze", "retryAfter"].entries()) {
    const moved = runtime.events({ types: [states[at] as "dead"] });
    const scheduled = moved.next();
    const { id } = await runtime.enqueue(job, { how });
    const { value } = await scheduled;
    assert.equal(value.id, id);
    await moved.return?.();
    assert.equal((await jobOf(runtime, id)).state, states[at]);
  }
});
