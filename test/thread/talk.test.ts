import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { job, jobs, Kit, refused, thrownBy } from "./kit.ts";

test("a run's lines are all told before its ending, in their order", async () => {
  await using kit = new Kit();
  await kit.measure();
  const many = jobs(200, { do: "log", count: 3 });
  kit.pool.run(many);
  await kit.until(() => many.every(({ key }) => kit.endings.has(key)));
  for (const { key } of many) {
    const story = kit.story.filter((one) => one.key === key).map((one) => one.type);
    assert.deepEqual(story, ["line", "line", "line", "ended"]);
    const texts = kit.lines.filter((line) => line.key === key).map((line) => line.text);
    assert.deepEqual(texts, ["line 0", "line 1", "line 2"]);
  }
});

test("a line carries its run, time, level and values", async () => {
  await using kit = new Kit();
  const one = job({ do: "logFlush" });
  kit.pool.run([one]);
  await kit.ending(one.key);
  const { at, ...line } = kit.lines[0] as (typeof kit.lines)[0];
  const { key, fence } = one;
  assert.deepEqual(line, { key, fence, level: "error", text: 'flushed {"a":1} {}' });
  assert.ok(at > 1.6e12);
});

test("lines get out of a handler that never gives its thread back", async () => {
  await using kit = new Kit();
  const one = await kit.begun({ do: "spin", text: "last words" }, { graceMs: 0 });
  assert.equal(kit.lines[0]?.text, "last words");
  kit.pool.ask(one.key, one.fence, "stop", "");
  await kit.ending(one.key);
});

test("ten thousand lines make far fewer messages, and none is lost", async () => {
  let messages = 0;
  const kit = new Kit();
  const lines = kit.lines.push.bind(kit.lines);
  kit.lines.push = (...more) => {
    messages++;
    return lines(...more);
  };
  const { startedAt, finishedAt } = await kit.run({ do: "log", count: 10_000 });
  assert.equal(kit.lines.length, 10_000);
  // A message for each batch of lines, and the few at once of each window that it took.
  const windows = 2 + (finishedAt - startedAt) / limits.logPostMs;
  const most = 10_000 / limits.logBatchLines + windows * limits.logPostsAtOnce;
  assert.ok(messages <= most, `${messages} messages, ${most} at most`);
  await kit.pool.close(0);
});

test("a thread waits at its log while the sink is behind, and other threads do not", async () => {
  await using kit = new Kit();
  kit.held = [];
  const one = job({ do: "logBig", count: 100 });
  kit.pool.run([one]);
  const bytes = () => kit.lines.length * 50_000;
  await kit.until(() => bytes() > 900_000);
  assert.equal(await kit.value({ do: "ok", value: 1 }), 1);
  assert.equal(await kit.value({ do: "busy", ms: 100 }), undefined);
  assert.ok(bytes() < 1_200_000, `${bytes()} bytes under way`);
  assert.equal(kit.endings.has(one.key), false);
  const held = kit.held;
  kit.held = undefined;
  for (const taken of held) taken();
  await kit.ending(one.key);
  assert.equal(kit.lines.length, 100);
});

test("log.flush resolves once the sink took the lines", async () => {
  await using kit = new Kit();
  kit.held = [];
  const one = await kit.begun({ do: "logFlush" });
  await kit.run({ do: "busy", ms: 20 });
  assert.equal(kit.endings.has(one.key), false);
  for (const taken of kit.held) taken();
  const { ending } = await kit.ending(one.key);
  assert.deepEqual(ending, { type: "returned", result: '"flushed"' });
});

test("progress is told at most once a second, the last value before the ending", async () => {
  await using kit = new Kit();
  const ending = await kit.run({ do: "progress", text: "all done" });
  const { key } = ending;
  const seconds = Math.ceil((ending.finishedAt - ending.startedAt) / limits.checkInMs);
  assert.ok(kit.notes.length >= 2 && kit.notes.length <= 1 + Math.max(1, seconds));
  assert.deepEqual(kit.notes[0], { ...kit.notes[0], key, progress: 0, checkIn: "at 0" });
  const last = kit.notes.at(-1);
  assert.deepEqual(last, { ...last, key, progress: 1, checkIn: "all done" });
  assert.deepEqual(
    kit.story.map((one) => one.type),
    [...kit.notes.map(() => "note"), "ended"],
  );
});

test("ctx.enqueue sends JSON text and gets the receipts", async () => {
  await using kit = new Kit();
  const one = job({ do: "enqueue", value: [2] });
  kit.pool.run([one]);
  await kit.until(() => kit.calls.length === 2);
  const [first, second] = kit.calls;
  assert.deepEqual(
    [first?.name, first?.args, first?.options],
    ["other", '{"n":1}', { priority: 3 }],
  );
  assert.deepEqual([second?.name, second?.args, second?.options], ["more", "[2]", {}]);
  assert.deepEqual([first?.key, first?.fence], [one.key, one.fence]);
  const receipt = { disposition: "created", state: "available", durability: "wal" } as const;
  second?.reply({ ...receipt, id: "second" });
  first?.reply({ ...receipt, id: "first" });
  const { ending } = await kit.ending(one.key);
  assert.ok(ending.type === "returned");
  const ids = JSON.parse(ending.result ?? "[]").map((each: { id: string }) => each.id);
  assert.deepEqual(ids, ["first", "second"]);
});

test("a refused ctx.enqueue rejects with the same fault", async () => {
  await using kit = new Kit();
  const one = job({ do: "enqueue" });
  kit.pool.run([one]);
  await kit.until(() => kit.calls.length === 2);
  for (const call of kit.calls) call.refuse(refused("it is full"));
  const thrown = thrownBy(await kit.ending(one.key));
  assert.equal(thrown.code, "ERR_ERGATE_OVERLOADED");
  assert.equal(thrown.message, "it is full");
  assert.equal(thrownBy(await kit.run({ do: "enqueueMap" })).code, "ERR_ERGATE_PAYLOAD_JSON");
});

test("what is enqueued with the result comes with the ending", async () => {
  await using kit = new Kit();
  const ending = await kit.run({ do: "enqueueWith" });
  const follower = { name: "follower", args: '{"n":1}', options: { runAt: 1000 } };
  assert.deepEqual(ending.followers, [follower]);
  assert.deepEqual(kit.calls, []);
  const failed = await kit.run({ do: "enqueueWith", value: "throw" });
  assert.equal(failed.ending.type, "threw");
});
