import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";
import { batchSize } from "../../lib/thread/batch.ts";
import { handlerUrl, job, jobs, Kit, thrownBy } from "./kit.ts";

test("a thread runs a handler and gives back its result as JSON text", async () => {
  await using kit = new Kit();
  const { ending, asked } = await kit.run({ do: "ok", value: { a: [1, null] } });
  assert.deepEqual(ending, { type: "returned", result: '{"a":[1,null]}' });
  assert.equal(asked, undefined);
  assert.equal(await kit.value({ do: "ok" }), undefined);
  assert.equal(await kit.value({ do: "await", ms: 2, value: 5 }), 5);
});

test("the context says which job runs", async () => {
  await using kit = new Kit();
  const one = job({ do: "who" }, { attempt: 3 });
  kit.pool.run([one]);
  const { ending } = await kit.ending(one.key);
  const { id, name, queue, attempt, fence } = one;
  assert.deepEqual(ending, {
    type: "returned",
    result: JSON.stringify({ id, name, queue, attempt, fence }),
  });
});

test("what a handler throws comes back with its name, message, code and stack", async () => {
  await using kit = new Kit();
  const ending = await kit.run({ do: "throw", text: "too far" });
  const thrown = thrownBy(ending);
  assert.equal(thrown.name, "RangeError");
  assert.equal(thrown.message, "too far");
  assert.equal(thrown.code, "E_FATE");
  assert.match(thrown.stack ?? "", /fate\.ts/);
  assert.ok(ending.ending.type === "threw" && ending.ending.error.stack?.includes("fate.ts"));
  assert.equal((await kit.run({ do: "throwOdd" })).ending.type, "threw");
});

test("a result that has no JSON form, or too much of it, is thrown", async () => {
  await using kit = new Kit();
  const map = thrownBy(await kit.run({ do: "map" }));
  assert.equal(map.code, "ERR_ERGATE_PAYLOAD_JSON");
  assert.match(map.message, /result\.deep\[0\]/);
  assert.equal(thrownBy(await kit.run({ do: "big" })).code, "ERR_ERGATE_PAYLOAD_SIZE");
});

test("a directive may be returned or thrown", async () => {
  await using kit = new Kit();
  const directed = async (fate: { do: string; ms?: number; text?: string }) => {
    const { ending } = await kit.run(fate);
    return ending.type === "directed" ? ending.directive : ending;
  };
  assert.deepEqual(await directed({ do: "snooze", ms: 5 }), { type: "snooze", ms: 5 });
  assert.deepEqual(await directed({ do: "throwSnooze", ms: 6 }), { type: "snooze", ms: 6 });
  assert.deepEqual(await directed({ do: "retryAfter", ms: 7 }), { type: "retryAfter", ms: 7 });
  assert.deepEqual(await directed({ do: "discard", text: "no" }), {
    type: "discard",
    reason: "no",
  });
  assert.deepEqual(await directed({ do: "cancelJob", text: "c" }), {
    type: "cancelJob",
    reason: "c",
  });
});

test("a payload that can't be read is discarded, not retried", async () => {
  await using kit = new Kit();
  const { ending } = await kit.run({ do: "ok" }, { args: "{" });
  assert.ok(ending.type === "directed" && ending.directive.type === "discard");
});

test("a module's schema is applied in the thread, and the handler gets its output", async () => {
  await using kit = new Kit();
  const url = handlerUrl("schema");
  const good = job({ at: "2020-01-01" }, { url });
  const bad = job({ at: "never" }, { url });
  kit.pool.run([good, bad]);
  assert.deepEqual((await kit.ending(good.key)).ending, { type: "returned", result: "true" });
  assert.equal(thrownBy(await kit.ending(bad.key)).code, "ERR_ERGATE_PAYLOAD_SCHEMA");
});

test("startedAt and finishedAt hold the handler's own time, no wait before it", async () => {
  await using kit = new Kit({ threads: 1 });
  const waits = await kit.begun({ do: "spinUntilCommand" });
  const one = job({ do: "busy", ms: 20 });
  kit.pool.run([one]);
  kit.pool.ask(waits.key, waits.fence, "stop", "");
  const { startedAt, finishedAt } = await kit.ending(one.key);
  const before = (await kit.ending(waits.key)).finishedAt;
  // Each is rounded to a whole millisecond.
  assert.ok(startedAt >= before - 1, `${startedAt} < ${before}`);
  assert.ok(finishedAt - startedAt >= 19, `${finishedAt - startedAt} ms`);
  assert.ok(finishedAt <= systemClock.now() + 1);
});

test("short jobs share batches once they are measured, and all threads work", async () => {
  await using kit = new Kit();
  await kit.measure();
  const both = [await kit.begun({ do: "untilAborted" }), await kit.begun({ do: "untilAborted" })];
  for (const { key, fence } of both) kit.pool.ask(key, fence, "stop", "");
  for (const { key } of both) await kit.ending(key);
  await kit.measure();
  const before = kit.pool.stats().batches;
  const many = jobs(2000, { do: "thread" });
  kit.pool.run(many);
  await kit.until(() => many.every(({ key }) => kit.endings.has(key)));
  const batches = kit.pool.stats().batches - before;
  // Some 40 on a quiet machine: each job that is held up makes the next batches small again.
  assert.ok(batches < 1000, `${batches} batches`);
  const threads = many.map(({ key }) => kit.endings.get(key)?.ending);
  assert.equal(new Set(threads.map((ending) => JSON.stringify(ending))).size, 2);
  assert.equal(kit.pool.stats().flying + kit.pool.stats().waiting, 0);
});

test("an unmeasured job and a suspect have a batch of their own", async () => {
  await using kit = new Kit({ threads: 1 });
  await kit.measure();
  const before = kit.pool.stats().batches;
  const many = [
    ...jobs(5, { do: "ok" }, { alone: true }),
    ...jobs(5, { do: "ok" }, { name: "new" }),
  ];
  kit.pool.run(many);
  await kit.until(() => many.every(({ key }) => kit.endings.has(key)));
  assert.ok(kit.pool.stats().batches - before >= 6);
});

test("mates of a job that takes too long run in another thread, and finished ones are told", async () => {
  await using kit = new Kit();
  await kit.measure();
  const first = jobs(5, { do: "ok" });
  const long = job({ do: "untilAborted" });
  const last = jobs(5, { do: "ok" });
  kit.pool.run([...first, long, ...last]);
  const mates = [...first, ...last];
  await kit.until(() => mates.every(({ key }) => kit.endings.has(key)));
  assert.equal(kit.endings.has(long.key), false);
  assert.equal(kit.pool.ask(long.key, long.fence, "stop", ""), "running");
  await kit.ending(long.key);
  assert.deepEqual(kit.returned, []);
});

test("after a synchronous job over the budget the rest of the batch still runs", async () => {
  await using kit = new Kit({ threads: 1 });
  await kit.measure();
  const many = [...jobs(3, { do: "ok" }), job({ do: "busy", ms: 30 }), ...jobs(3, { do: "ok" })];
  kit.pool.run(many);
  await kit.until(() => many.every(({ key }) => kit.endings.has(key)));
  assert.deepEqual(kit.returned, []);
});

test("room counts idle threads for jobs never measured, and batches for short ones", async () => {
  await using kit = new Kit();
  assert.equal(kit.pool.room(), 2);
  const one = await kit.begun({ do: "forever" }, { graceMs: 0 });
  assert.equal(kit.pool.room("never"), 1);
  await kit.measure();
  const size = batchSize(kit.pool.expectedMs("fate"));
  assert.ok(size > 1);
  assert.equal(kit.pool.room("fate"), 3 * size);
  kit.pool.ask(one.key, one.fence, "stop", "");
  await kit.ending(one.key);
  assert.equal(kit.pool.room(), 2);
});

test("how long a run took is told finer than the clock's milliseconds", async () => {
  await using kit = new Kit();
  await kit.measure();
  const short = jobs(50, { do: "ok" });
  kit.pool.run(short);
  await kit.until(() => short.every(({ key }) => kit.endings.has(key)));
  const took = short.map(({ key }) => kit.endings.get(key)?.ranMs ?? 0);
  assert.ok(
    took.some((ms) => ms > 0 && ms % 1 !== 0),
    took.join(", "),
  );
});
