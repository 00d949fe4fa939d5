import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { limits } from "../../lib/base/limits.ts";
import { Backlog, type Entry } from "../../lib/thread/backlog.ts";
import { batchSize, Pace } from "../../lib/thread/batch.ts";
import { defineHandler } from "../../lib/thread/handler.ts";
import { Links } from "../../lib/thread/links.ts";
import { Slots } from "../../lib/thread/slots.ts";
import { jobAt, jobCount, runTask } from "../../lib/thread/wire.ts";
import { job } from "./kit.ts";

test("a batch holds about a millisecond of measured work, within its bounds", () => {
  assert.equal(batchSize(undefined), 1);
  assert.equal(batchSize(0), limits.threadBatchJobs);
  assert.equal(batchSize(0.1), 10);
  assert.equal(batchSize(0.7), 1);
  assert.equal(batchSize(5000), 1);
});

test("the average follows a change of pace", () => {
  const pace = new Pace();
  pace.note("a", 10);
  assert.equal(pace.expectedMs("a"), 10);
  for (let at = 0; at < 40; at++) pace.note("a", 1);
  assert.ok((pace.expectedMs("a") as number) < 1.01);
  assert.equal(pace.expectedMs("b"), undefined);
});

test("the backlog cuts batches by expected work, keeps the order, and skips what was removed", () => {
  const pace = new Pace();
  pace.note("short", 0.25);
  pace.note("long", 3);
  const backlog = new Backlog(pace);
  const entry = (name: string, alone = false): Entry => ({
    job: job({}, { name, alone }),
    flight: undefined,
    at: 0,
    gone: false,
    asked: undefined,
    reason: "",
  });
  const names = ["short", "short", "long", "short", "short", "short", "short", "short", "new"];
  const entries = names.map((name) => entry(name));
  entries.push(entry("short", true), entry("short"));
  for (const each of entries) backlog.push(each);
  backlog.remove(entries[1] as Entry);
  assert.equal(backlog.size, 10);
  const sizes = [];
  const order = [];
  while (backlog.size > 0) {
    const batch = backlog.batch();
    sizes.push(batch.length);
    order.push(...batch);
  }
  assert.deepEqual(sizes, [1, 1, 4, 1, 1, 1, 1]);
  assert.deepEqual(
    order,
    entries.filter((each) => each !== entries[1]),
  );
});

test("host and thread can't both win a job", () => {
  const slots = Slots.ofCount(2);
  const other = new Slots(slots.shared);
  assert.equal(other.enter(1, 7), true);
  assert.equal(slots.withdraw(1), false);
  assert.equal(slots.thread(1), 7);
  assert.equal(slots.kill(1), true);
  assert.equal(other.leave(1), false);
  assert.equal(slots.withdraw(0), true);
  assert.equal(other.enter(0, 7), false);
  slots.clear(1);
  assert.equal(other.told(1), undefined);
  slots.tell(1, "timeout");
  assert.equal(other.told(1), "timeout");
  assert.equal(other.told(0), undefined);
});

test("a thread's result waits for its hello, which a busy host may see later", async () => {
  const told: string[] = [];
  const say = () => {};
  const links = new Links({
    told: {
      lines: (lines) => told.push(...lines.map(({ text }) => text)),
      notes: say,
      enqueue: say,
    },
    ended: say,
    bye: say,
  });
  const { port1, port2 } = new MessageChannel();
  const lines = [1, 1, 0, "info", "before the result"];
  port1.postMessage({ type: "lines", seq: 1, bytes: 1, lines });
  links.post(5, { type: "stopping" });
  links.meet(5, () => {
    links.drain(5, 1);
    told.push("result");
  });
  assert.equal(told.length, 0);
  links.join({ ergate: "hello", thread: 5, port: port2, gauge: new Int32Array(1) });
  assert.deepEqual(told, ["before the result", "result"]);
  assert.deepEqual(receiveMessageOnPort(port1)?.message, { type: "stopping" });
  const closed = once(port2, "close");
  port1.close();
  await closed;
  links.meet(5, () => told.push("after its end"));
  assert.ok(told.includes("after its end"));
});

test("jobs cross the wire as they are, kinds only once", () => {
  const jobs = [job({ a: 1 }), job({ a: 2 }), job(3, { name: "n" }), job(4)];
  const task = runTask(1, 64, jobs);
  assert.equal(task.kinds.length, 6);
  assert.equal(jobCount(task), 4);
  jobs.forEach(({ timeoutMs, graceMs, alone, ...sent }, at) => {
    assert.deepEqual(jobAt(task, at), { values: undefined, schedule: undefined, ...sent });
  });
  assert.ok(!("values" in task), "what no middleware set costs nothing");
  const valued = runTask(2, 64, [...jobs, job(5, { values: '{"a":1}' })]);
  const values = [3, 4].map((at) => jobAt(valued, at).values);
  assert.deepEqual(values, [undefined, '{"a":1}']);
});

test("defineHandler gives back the function", () => {
  const handler = (args: number) => args;
  assert.equal(defineHandler(handler), handler);
});
