import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";
import { job, jobs, Kit, thrownBy } from "./kit.ts";

test("a synchronous handler reads an ask from shared memory", async () => {
  await using kit = new Kit();
  const ways = [
    ["spinUntilCommand", "cancel", '"cancel"'],
    ["spinUntilAborted", "stop", '"ERR_ERGATE_RUN_STOPPED"'],
    ["spinUntilAborted", "shutdown", '"ERR_ERGATE_RUN_INTERRUPTED"'],
  ] as const;
  for (const [fate, asked, result] of ways) {
    const one = await kit.begun({ do: fate });
    assert.equal(kit.pool.ask(one.key, one.fence, asked, "because"), "running");
    const ending = await kit.ending(one.key);
    assert.deepEqual(ending.ending, { type: "returned", result });
    assert.equal(ending.asked, asked);
    assert.equal(ending.reason, "because");
  }
});

test("throwIfEnded throws the typed fault of the ask", async () => {
  await using kit = new Kit();
  const one = await kit.begun({ do: "spinUntilEnded" });
  kit.pool.ask(one.key, one.fence, "cancel", "");
  assert.equal(thrownBy(await kit.ending(one.key)).code, "ERR_ERGATE_RUN_CANCELLED");
});

test("an asynchronous handler's signal aborts with the ask's reason", async () => {
  await using kit = new Kit();
  const one = await kit.begun({ do: "untilAborted" });
  kit.pool.ask(one.key, one.fence, "cancel", "not needed");
  const { ending } = await kit.ending(one.key);
  assert.deepEqual(ending, {
    type: "returned",
    result: '{"code":"ERR_ERGATE_RUN_CANCELLED","message":"not needed"}',
  });
});

test("an ask for another fence, or for a job that is not here, changes nothing", async () => {
  await using kit = new Kit();
  const one = await kit.begun({ do: "untilAborted" });
  assert.equal(kit.pool.ask(one.key, one.fence + 1, "stop", ""), "unknown");
  assert.equal(kit.pool.ask(987_654, 1, "stop", ""), "unknown");
  assert.equal(kit.pool.ask(one.key, one.fence, "stop", ""), "running");
  await kit.ending(one.key);
  assert.equal(kit.pool.ask(one.key, one.fence, "stop", ""), "unknown");
});

test("a job that was not entered is withdrawn by an ask, and never runs", async () => {
  await using kit = new Kit({ threads: 1 });
  const one = await kit.begun({ do: "untilAborted" });
  const waiting = jobs(5, { do: "log" });
  kit.pool.run(waiting);
  for (const { key, fence } of waiting) {
    assert.equal(kit.pool.ask(key, fence, "stop", ""), "withdrawn");
  }
  kit.pool.ask(one.key, one.fence, "stop", "");
  await kit.ending(one.key);
  await kit.run({ do: "ok" });
  assert.equal(kit.endings.size, 2);
  assert.ok(kit.lines.every((line) => line.key === one.key));
});

test("what is in its handler is told, and only what was not entered can be taken back", async () => {
  await using kit = new Kit({ threads: 2 });
  const two = [
    await kit.begun({ do: "untilAborted" }),
    await kit.begun({ do: "spinUntilCommand" }),
  ];
  const waiting = jobs(4, { do: "ok" });
  kit.pool.run(waiting);
  const running = kit.pool.running();
  const keys = running.map(({ key, fence }) => [key, fence]);
  assert.deepEqual(
    keys,
    two.map(({ key, fence }) => [key, fence]),
  );
  for (const { startedAt } of running) assert.ok(startedAt <= systemClock.now());
  const [first, ...rest] = waiting;
  assert.deepEqual(
    kit.pool.withdraw(({ key }) => key === first?.key || key === two[0]?.key),
    [first],
  );
  assert.deepEqual(
    kit.pool.withdraw(() => true),
    rest,
  );
  for (const { key, fence } of two) kit.pool.ask(key, fence, "stop", "");
  for (const { key } of two) await kit.ending(key);
  await kit.run({ do: "ok" });
  assert.deepEqual(kit.pool.running(), []);
  assert.equal(kit.endings.size, 3);
  assert.deepEqual(kit.returned, []);
});

test("a stop outranks a shutdown, and a shutdown does not outrank a stop", async () => {
  await using kit = new Kit();
  const one = await kit.begun({ do: "forever" }, { graceMs: 50 });
  const other = await kit.begun({ do: "forever" }, { graceMs: 50 });
  kit.pool.ask(one.key, one.fence, "shutdown", "");
  kit.pool.ask(one.key, one.fence, "stop", "by hand");
  kit.pool.ask(other.key, other.fence, "cancel", "by hand");
  kit.pool.ask(other.key, other.fence, "shutdown", "");
  assert.equal((await kit.ending(one.key)).asked, "stop");
  assert.equal((await kit.ending(other.key)).asked, "cancel");
});

test("a run over its timeout is asked to end, by signal and by word", async () => {
  await using kit = new Kit();
  const ending = await kit.run({ do: "untilAborted" }, { timeoutMs: 30 });
  assert.equal(ending.asked, "timeout");
  assert.match(JSON.stringify(ending.ending), /ERR_ERGATE_RUN_TIMEOUT/);
  assert.ok(ending.finishedAt - ending.startedAt >= 29);
  const spun = await kit.run({ do: "spinUntilEnded" }, { timeoutMs: 30 });
  assert.equal(spun.asked, "timeout");
  assert.equal(thrownBy(spun).code, "ERR_ERGATE_RUN_TIMEOUT");
});

test("a timeout counts from the handler's entry, not from the wait for a thread", async () => {
  await using kit = new Kit({ threads: 1 });
  const slow = job({ do: "busy", ms: 450 });
  const quick = job({ do: "ok" }, { timeoutMs: 400 });
  kit.pool.run([slow, quick]);
  const ending = await kit.ending(quick.key);
  assert.equal(ending.asked, undefined);
  assert.equal(ending.ending.type, "returned");
});

test("a thread that ignores an ask is ended after the grace, and no other job is harmed", async () => {
  await using kit = new Kit();
  const other = await kit.begun({ do: "untilAborted" });
  const ending = await kit.run({ do: "spin" }, { timeoutMs: 20, graceMs: 30 });
  assert.equal(thrownBy(ending).code, "ERR_ERGATE_RUN_LOST");
  assert.equal(ending.asked, "timeout");
  assert.ok(ending.finishedAt - ending.startedAt >= 49);
  assert.equal(kit.pool.stats().killed, 1);
  assert.equal(kit.endings.has(other.key), false);
  assert.equal(await kit.value({ do: "ok", value: "again" }), "again");
  kit.pool.ask(other.key, other.fence, "stop", "");
  assert.equal((await kit.ending(other.key)).ending.type, "returned");
  assert.deepEqual(kit.returned, []);
});

test("a killed job's mates are not harmed: each runs elsewhere or goes back", async () => {
  await using kit = new Kit();
  await kit.measure();
  const first = jobs(5, { do: "ok" });
  const spin = job({ do: "spin" }, { graceMs: 40 });
  const last = jobs(5, { do: "ok" });
  kit.pool.run([...first, spin, ...last]);
  await kit.said(spin.key);
  kit.pool.ask(spin.key, spin.fence, "stop", "");
  assert.equal(thrownBy(await kit.ending(spin.key)).code, "ERR_ERGATE_RUN_LOST");
  await kit.until(() => last.every(({ key }) => kit.endings.has(key)));
  // What finished beside it and was not told yet comes back: its ending was lost with the thread.
  const told = first.filter(({ key }) => kit.endings.has(key));
  const back = first.filter((one) => kit.returned.includes(one));
  assert.equal(told.length + back.length, first.length);
  assert.deepEqual(kit.returned, back);
});

test("a kill spares the job that follows the one it was meant for", async () => {
  await using kit = new Kit({ threads: 1 });
  for (let turn = 0; turn < 10; turn++) {
    const one = await kit.begun({ do: "spinUntilCommand" }, { graceMs: turn });
    const next = job({ do: "busy", ms: 5 });
    kit.pool.run([next]);
    kit.pool.ask(one.key, one.fence, "stop", "");
    assert.equal((await kit.ending(next.key)).ending.type, "returned");
    assert.equal(kit.endings.has(one.key), true);
  }
});

test("a thread that exits by itself loses only the job that it ran", async () => {
  await using kit = new Kit();
  await kit.measure();
  const first = jobs(3, { do: "ok" });
  const exit = job({ do: "exit" });
  const last = jobs(3, { do: "ok" });
  kit.pool.run([...first, exit, ...last]);
  const ending = await kit.ending(exit.key);
  assert.equal(thrownBy(ending).code, "ERR_ERGATE_RUN_LOST");
  assert.match(thrownBy(ending).message, /code: 7/);
  assert.equal(ending.asked, undefined);
  // A mate ended before or in another batch, or came back: which of them is the clock's choice.
  const mates = [...first, ...last];
  const known = () => kit.returned.length + mates.filter(({ key }) => kit.endings.has(key)).length;
  await kit.until(() => known() === mates.length);
  assert.equal(kit.pool.stats().died, 1);
  assert.equal(await kit.value({ do: "ok", value: 1 }), 1);
});

test("an uncaught error is the cause of the lost run", async () => {
  await using kit = new Kit();
  const thrown = thrownBy(await kit.run({ do: "uncaught" }));
  assert.equal(thrown.code, "ERR_ERGATE_RUN_LOST");
  assert.match(thrown.message, /nobody caught me/);
});

test("a thread out of its memory limit loses its run, and the pool goes on", async () => {
  await using kit = new Kit({ resourceLimits: { maxOldGenerationSizeMb: 32 } });
  const thrown = thrownBy(await kit.run({ do: "alloc" }));
  assert.equal(thrown.code, "ERR_ERGATE_RUN_LOST");
  assert.match(thrown.message, /memory/);
  assert.equal(await kit.value({ do: "ok", value: 1 }), 1);
});

test("all threads come back after all were lost", async () => {
  await using kit = new Kit({ threads: 3 });
  await Promise.all([1, 2, 3].map(() => kit.run({ do: "exit" })));
  const three = await Promise.all([1, 2, 3].map(() => kit.begun({ do: "untilAborted" })));
  for (const { key, fence } of three) kit.pool.ask(key, fence, "stop", "");
  await Promise.all(three.map(({ key }) => kit.ending(key)));
});
