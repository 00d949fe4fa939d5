import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Runtime } from "../../lib/client/client.ts";
import type { FollowedLine, FollowOptions } from "../../lib/client/logs.ts";
import { bounded, made, newFile, places, refuses, signal, started } from "../actors/kit.ts";

/** A job that writes a line for each word it is told, until it is told to end. */
function teller() {
  const words: string[] = [];
  let told = signal();
  const job = defineJob("tell", {
    backoff: () => 0,
    maxAttempts: 2,
    async run(_args, ctx) {
      for (;;) {
        if (words.length === 0) await told.promise;
        told = signal();
        const word = words.shift();
        if (word === "end") return;
        if (word === "fail") throw new Error("it was told to");
        ctx.log.info(`${word} of ${ctx.attempt}`);
      }
    },
  });
  const tell = (...more: string[]) => {
    words.push(...more);
    told.resolve();
  };
  return { job, tell };
}

async function collect(lines: AsyncIterable<FollowedLine>): Promise<string[]> {
  const found: string[] = [];
  for await (const { text, stream } of lines) if (stream === "log") found.push(text);
  return found;
}

function textsOf(runtime: Runtime, id: string, options?: FollowOptions): Promise<string[]> {
  return collect(runtime.logs.follow(id, options));
}

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: a log is followed line by line, over attempts, to its end`,
    bounded,
    async (t) => {
      const { job, tell } = teller();
      const runtime = await started(t, { storage: storage(t), jobs: [job] });
      const { id } = await runtime.enqueue(job);
      const followed = runtime.logs.follow(id);
      const next = async () => (await followed.next()).value as FollowedLine;
      for (const word of ["one", "two"]) {
        tell(word);
        assert.equal((await next()).text, `${word} of 1`);
      }
      const second = textsOf(runtime, id, { attempt: 2 });
      const first = textsOf(runtime, id, { attempt: 1 });
      tell("fail");
      assert.deepEqual(await first, ["one of 1", "two of 1"]);
      tell("three");
      let third = await next();
      while (third.stream !== "log") third = await next();
      assert.deepEqual([third.text, third.attempt], ["three of 2", 2]);
      tell("end");
      assert.deepEqual(await collect(followed), []);
      assert.deepEqual(await second, ["three of 2"]);
      const all = ["one of 1", "two of 1", "three of 2"];
      assert.deepEqual(await textsOf(runtime, id), all);
      assert.deepEqual(await textsOf(runtime, id, { cursor: third.cursor }), []);
      assert.deepEqual(await textsOf(runtime, id, { tail: 1 }), ["three of 2"]);
    },
  );
}

test(
  "followers from any cursor get the rest, each line once, while it is written",
  bounded,
  async (t) => {
    const flood = defineJob("flood", {
      async run(count: number, ctx) {
        for (let at = 0; at < count; at++) {
          ctx.log.info(`line ${at}`);
          if (at % 97 === 0) await ctx.log.flush();
        }
      },
    });
    const runtime = await started(t, { storage: newFile(t), jobs: [flood] });
    const { id } = await runtime.enqueue(flood, 3000);
    const wanted = Array.from({ length: 3000 }, (_, at) => `line ${at}`);
    const lines: FollowedLine[] = [];
    for await (const line of runtime.logs.follow(id)) lines.push(line);
    assert.deepEqual(
      lines.map(({ text }) => text),
      wanted,
    );
    for (const at of [0, 96, 97, 999, 1000, 2998, 2999]) {
      const { cursor = "" } = lines[at] ?? {};
      assert.deepEqual(await textsOf(runtime, id, { cursor }), wanted.slice(at + 1));
    }
  },
);

test(
  "a log is followed from another process, to the last line that it stores late",
  bounded,
  async (t) => {
    const storage = newFile(t);
    const { job, tell } = teller();
    const late = { now: 0 };
    const clock = { ...systemClock, now: () => systemClock.now() + late.now };
    const here = await started(t, { storage, jobs: [job], log: { commitTimeout: "100ms" } });
    const there = await made(t, { storage, clock });
    const { id } = await here.enqueue(job);
    const followed = there.logs.follow(id);
    const next = async () => (await followed.next()).value?.text;
    tell("one");
    assert.equal(await next(), "one of 1");
    tell("the last", "end");
    // Nobody reads in the process that ran it: its lines wait there after the end was stored.
    while ((await there.jobs.get(id))?.state !== "completed");
    assert.equal(await next(), "the last of 1");
    late.now = limits.logFollowEndMs;
    assert.equal(await next(), undefined);
  },
);

test("a signal ends the iteration, and a stop of the runtime is told", bounded, async (t) => {
  const { job, tell } = teller();
  const runtime = await started(t, { jobs: [job] });
  const { id } = await runtime.enqueue(job);
  const abort = new AbortController();
  const aborted = runtime.logs.follow(id, { signal: abort.signal });
  const left = runtime.logs.follow(id);
  tell("one");
  assert.equal((await aborted.next()).value?.text, "one of 1");
  assert.equal((await left.next()).value?.text, "one of 1");
  const [end, fault] = [aborted.next(), left.next()];
  abort.abort();
  assert.deepEqual(await end, { done: true, value: undefined });
  const refused = refuses(fault, "ERR_ERGATE_STOPPED");
  await runtime.stop({ graceMs: 0 });
  await refused;
});

test(
  "a log that can't be followed is refused, and a deleted job's log has an end",
  bounded,
  async (t) => {
    const { job } = teller();
    const runtime = await made(t, { jobs: [job] });
    await refuses(textsOf(runtime, "nobody"), "ERR_ERGATE_JOB_NOT_FOUND", "id");
    await refuses(textsOf(runtime, "j", { cursor: "page 2" }), "ERR_ERGATE_CURSOR");
    await refuses(
      () => runtime.logs.follow("j", { tail: 1, cursor: "1-0" }),
      "ERR_ERGATE_OPTION",
      "tail",
    );
    await refuses(() => runtime.logs.follow("j", { attempt: 0 }), "ERR_ERGATE_OPTION", "attempt");
    await refuses(() => runtime.logs.follow(7 as never), "ERR_ERGATE_OPTION", "id");
    const { id } = await runtime.enqueue(job);
    const followed = textsOf(runtime, id);
    assert.equal(await runtime.jobs.delete(id), true);
    assert.deepEqual(await followed, []);
  },
);
