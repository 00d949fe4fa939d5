import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import type { Client } from "../../lib/client/client.ts";
import type { FollowedLine } from "../../lib/client/logs.ts";
import { createClient } from "../../lib/client/remote.ts";
import type { Job, JobFilter } from "../../lib/job/job.ts";
import type { JobEvent } from "../../lib/protocol/event.ts";
import { bounded, eventually, refuses, silent } from "../actors/kit.ts";

/** One interface: each test here is played on the client in the process, and over a real socket. */

const schema = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) =>
      typeof value === "number" ? { value } : { issues: [{ message: "must be a number" }] },
  },
};
const echo = defineJob("echo", { run: (args: unknown) => args });
const half = defineJob("half", { args: schema, run: (value: unknown) => (value as number) / 2 });
const faulty = defineJob("faulty", {
  maxAttempts: 1,
  run: (_args: unknown, ctx) => {
    ctx.log.info("so far");
    throw new Error("no user 7");
  },
});
const waiting = defineJob("waiting", {
  run: (_args: unknown, ctx) =>
    new Promise((_, reject) =>
      ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)),
    ),
});
const jobs = [echo, half, faulty, waiting];

const faces = {
  "in process": (runtime: Client) => runtime,
  "over HTTP": (_runtime: Client, url: string) => createClient({ url }),
};

function onEach(name: string, play: (client: Client, t: TestContext) => Promise<void>): void {
  for (const [face, clientOf] of Object.entries(faces)) {
    test(`${face}: ${name}`, bounded, async (t) => {
      const http = { port: 0, allowCommands: true };
      const options = { storage: ":memory:", logger: silent, http, jobs };
      const runtime = await createRuntime(options);
      t.after(() => runtime.stop({ graceMs: 0 }));
      await runtime.start();
      await play(clientOf(runtime, runtime.listening?.url ?? ""), t);
    });
  }
}

onEach("a job is enqueued, read, explained and deleted", async (client) => {
  const tags = ["red"];
  const { id, ...receipt } = await client.enqueue(echo, { a: [1] }, { delay: "1h", tags });
  assert.deepEqual(receipt, { disposition: "created", state: "scheduled", durability: "memory" });
  const job = (await client.jobs.get(id)) as Job;
  assert.deepEqual([job.args, job.tags, job.state], [{ a: [1] }, ["red"], "scheduled"]);
  const why = await client.why(id);
  assert.equal(why.facts.type, "scheduled");
  assert.equal(await client.jobs.retry(id), true);
  assert.deepEqual(await client.result(id), { a: [1] });
  assert.deepEqual(
    (await client.jobs.executions(id)).map(({ outcome }) => outcome),
    ["completed"],
  );
  assert.equal(await client.jobs.delete(id), true);
  assert.equal(await client.jobs.delete(id), false);
  assert.equal(await client.jobs.get(id), undefined);
  await refuses(client.why(id), "ERR_ERGATE_JOB_NOT_FOUND", "id");
});

onEach("an id may hold what stands for something in a URL", async (client) => {
  const id = "a/b?c#d %2F é&";
  await client.enqueue("echo", 1, { id });
  assert.equal(await client.result(id), 1);
  assert.equal((await client.jobs.get(id))?.id, id);
  assert.deepEqual(
    (await client.jobs.list({ ids: [id, "none"] })).items.map((job) => job.id),
    [id],
  );
});

onEach("results are waited for, and rejected by how the job ended", async (client) => {
  assert.equal(await client.enqueueAndWait(half, 4), 2);
  assert.equal(await client.enqueueAndWait("echo", undefined), null);
  const dead = await client.enqueue(faulty);
  await refuses(client.result(dead.id), "ERR_ERGATE_RESULT_DEAD");
  for (const [move, code] of [
    ["stop", "ERR_ERGATE_RESULT_STOPPED"],
    ["cancel", "ERR_ERGATE_RESULT_CANCELLED"],
  ] as const) {
    const { id } = await client.enqueue(waiting);
    const result = refuses(client.result(id), code);
    assert.equal(await client.jobs[move](id, "enough"), true);
    await result;
    assert.equal((await client.jobs.get(id))?.reason, "enough");
    await refuses(client.result(id, { timeout: 0 }), code);
  }
  await refuses(client.result("none"), "ERR_ERGATE_JOB_NOT_FOUND", "id");
  const { id } = await client.enqueue(waiting);
  await refuses(client.result(id, { timeout: 20 }), "ERR_ERGATE_WAIT_TIMEOUT");
  const leave = new AbortController();
  const left = client.result(id, { signal: leave.signal });
  leave.abort(new Error("enough"));
  await assert.rejects(left, /^Error: enough$/);
  await assert.rejects(client.result(id, { signal: leave.signal }), /^Error: enough$/);
});

onEach("what is wrong with a call is refused with its code and path", async (client) => {
  const { enqueue, jobs: moves, queues, schedules } = client;
  const ofAny = client as unknown as Record<
    "jobs" | "queues",
    Record<string, (...a: unknown[]) => Promise<unknown>>
  >;
  await refuses(enqueue("nobody"), "ERR_ERGATE_JOB_UNKNOWN", "job");
  await refuses(enqueue("a b"), "ERR_ERGATE_JOB_NAME", "job");
  await refuses(enqueue(echo, 1n), "ERR_ERGATE_PAYLOAD_JSON", "args");
  await refuses(enqueue("half", "x"), "ERR_ERGATE_PAYLOAD_SCHEMA", "args");
  await refuses(enqueue(half, "x"), "ERR_ERGATE_PAYLOAD_SCHEMA", "args");
  await refuses(enqueue(echo, 1, { delay: "soon" }), "ERR_ERGATE_DURATION", "options.delay");
  await refuses(enqueue(echo, 1, { priority: 0.5 }), "ERR_ERGATE_OPTION", "options.priority");
  const many = client.enqueueMany([{ job: "echo" }, { job: "nobody" }]);
  await refuses(many, "ERR_ERGATE_JOB_UNKNOWN", "requests[1].job");
  const badOption = client.enqueueMany([{ job: echo, timeout: -1 }]);
  await refuses(badOption, "ERR_ERGATE_DURATION", "requests[0].timeout");
  await refuses(moves.list({ limit: 0 }), "ERR_ERGATE_OPTION", "limit");
  await refuses(moves.list({ cursor: "x" }), "ERR_ERGATE_CURSOR", "cursor");
  await refuses(
    moves.count({ state: "done" } as unknown as JobFilter),
    "ERR_ERGATE_OPTION",
    "state",
  );
  await refuses(
    Promise.resolve().then(() => ofAny.jobs.get?.(7)),
    "ERR_ERGATE_OPTION",
    "id",
  );
  await refuses(queues.pause("a b"), "ERR_ERGATE_QUEUE_NAME", "queue");
  await refuses(queues.pause("echo", { for: "x" }), "ERR_ERGATE_DURATION", "options.for");
  await refuses(queues.configure("echo", { weight: 0 }), "ERR_ERGATE_OPTION", "options.weight");
  const upsert = schedules.upsert("odd", { cron: "61 * * * *", job: echo });
  await refuses(upsert, "ERR_ERGATE_SCHEDULE", "spec.cron");
  await refuses(schedules.pause("none"), "ERR_ERGATE_SCHEDULE_UNKNOWN", "name");
  await refuses(schedules.trigger("none"), "ERR_ERGATE_SCHEDULE_UNKNOWN", "name");
  assert.throws(() => client.events({ since: "x!" }), { code: "ERR_ERGATE_CURSOR" });
});

onEach("jobs are listed in pages, counted, grouped and moved all that match", async (client) => {
  await client.queues.pause("echo");
  const requests = Array.from({ length: 5 }, (_, args) => ({ job: echo, args, tags: ["five"] }));
  const receipts = await client.enqueueMany(requests);
  assert.equal(receipts.length, 5);
  const first = await client.jobs.list({ queue: "echo", limit: 3 });
  const { next = "" } = first;
  const second = await client.jobs.list({ queue: "echo", limit: 3, cursor: next });
  assert.deepEqual(
    [first.items, second.items].flat().map(({ args }) => args),
    [4, 3, 2, 1, 0],
  );
  assert.equal(second.next, undefined);
  const since = new Date((first.items[0] as Job).createdAt);
  assert.equal(
    await client.jobs.count({ state: ["available", "dead"], tag: "five", since: new Date(0) }),
    5,
  );
  assert.equal(await client.jobs.count({ until: since.getTime() + 1, tag: "none" }), 0);
  assert.equal(await client.jobs.stopAll({ ids: [receipts[0]?.id as string] }, "first"), 1);
  assert.equal(await client.jobs.cancelAll({ tag: "five" }, "rest"), 4);
  assert.equal(await client.jobs.retryAll({ state: "cancelled" }), 4);
  assert.equal(await client.jobs.deleteAll({ queue: "echo" }), 5);
  for (const at of [1, 2])
    await refuses(client.enqueueAndWait(faulty, at), "ERR_ERGATE_RESULT_DEAD");
  const { items } = await client.jobs.groups();
  assert.deepEqual(
    items.map(({ count, names }) => [count, names]),
    [[2, ["faulty"]]],
  );
  const [dead] = (await client.jobs.list({ error: items[0]?.fingerprint as string })).items;
  const lines = await client.jobs.logs(dead?.id as string, { attempt: 1, limit: 5_000 });
  assert.deepEqual(
    lines.items.map(({ text, level }) => [text, level]),
    [["so far", "info"]],
  );
  assert.deepEqual((await client.jobs.logs("none")).items, []);
});

onEach("a held unique key refuses, and who holds it is told", async (client) => {
  await client.queues.pause("echo");
  const unique = { by: { key: "one" }, onConflict: "reject" } as const;
  const first = await client.enqueue(echo, 1, { unique });
  await assert.rejects(client.enqueue(echo, 2, { unique }), {
    ...{ code: "ERR_ERGATE_DUPLICATE", id: first.id },
  });
  await client.jobs.stop(first.id);
  const second = await client.enqueue(echo, 2, { unique });
  await assert.rejects(client.jobs.retry(first.id), {
    ...{ code: "ERR_ERGATE_UNIQUE_TAKEN", path: "id", id: second.id },
  });
  const taken: unknown[] = [];
  assert.equal(await client.jobs.retryAll({ state: "stopped" }, (one) => taken.push(one)), 0);
  assert.deepEqual(taken, [{ id: first.id, by: second.id }]);
});

onEach("queues are seen, paused, set, purged and drained", async (client) => {
  const { queues } = client;
  assert.equal(await queues.pause("echo", { for: "1h" }), true);
  const rate = { limit: 5, per: "1s" };
  assert.equal(await queues.configure("echo", { weight: 7, concurrency: 2, rate }), true);
  const found = async () => (await queues.list()).find(({ name }) => name === "echo");
  const row = await found();
  assert.deepEqual([row?.weight, row?.concurrency, row?.rate], [7, 2, { limit: 5, perMs: 1000 }]);
  assert.ok((row?.pausedUntil ?? 0) > (row?.pausedAt ?? 0));
  assert.equal(await queues.configure("echo", { concurrency: null, rate: null }), true);
  assert.equal((await found())?.concurrency, undefined);
  await client.enqueueMany([{ job: echo }, { job: echo }]);
  assert.equal((await queues.drain()).paused, 2);
  assert.equal(await queues.purge("echo"), 2);
  assert.equal(await queues.resume("echo"), true);
  assert.equal(await queues.resume("echo"), false);
  const { id } = await client.enqueue(waiting);
  await refuses(queues.drain("waiting", { timeout: 20 }), "ERR_ERGATE_WAIT_TIMEOUT");
  const drained = queues.drain("waiting");
  await client.jobs.stop(id);
  assert.equal((await drained).scheduled, 0);
});

onEach("schedules are made, seen, triggered, paused and removed", async (client) => {
  const { schedules } = client;
  const spec = { cron: "0 3 * * *", zone: "UTC", job: echo, args: 1, start: new Date(5_000) };
  assert.equal(await schedules.upsert("nightly", spec), undefined);
  const before = await schedules.upsert("nightly", { ...spec, args: 2 });
  assert.deepEqual([before?.args, before?.start, before?.job], [1, 5_000, "echo"]);
  const got = await schedules.get("nightly");
  assert.deepEqual([got?.name, got?.args, got?.paused, got?.running], ["nightly", 2, false, 0]);
  assert.equal(await schedules.get("none"), undefined);
  assert.deepEqual(
    (await schedules.list()).items.map(({ name }) => name),
    ["nightly"],
  );
  assert.equal(await schedules.pause("nightly"), true);
  assert.equal(await schedules.pause("nightly"), false);
  assert.equal(await schedules.resume("nightly"), true);
  const run = await schedules.trigger("nightly", { overlap: "allow" });
  assert.equal(run.trigger, "manual");
  assert.equal(await client.result(run.jobId as string), 2);
  for (const page of [await schedules.runs("nightly"), await schedules.runs()]) {
    assert.deepEqual(
      page.items.map(({ id, outcome }) => [id, outcome]),
      [[run.id, "completed"]],
    );
  }
  const next = schedules.preview(spec, { from: 5_000, count: 1 });
  assert.deepEqual(next, [new Date("1970-01-01T03:00:00Z")]);
  assert.equal(await schedules.remove("nightly"), true);
  assert.equal(await schedules.remove("nightly"), false);
});

onEach("events come as they happen, of the types that were asked for", async (client) => {
  const seen = client.events({ types: ["completed", "dead"] });
  const first = await client.enqueue(echo, 1);
  const { value: done } = await seen.next();
  const { id, type, state, attempt, name, queue, remote } = done as JobEvent;
  assert.deepEqual([id, type, state, attempt], [first.id, "completed", "completed", 1]);
  assert.deepEqual([name, queue, remote], ["echo", "echo", false]);
  const missed = await client.enqueue(faulty);
  await refuses(client.result(missed.id), "ERR_ERGATE_RESULT_DEAD");
  const resumed = client.events({ since: (done as JobEvent).cursor });
  assert.equal(((await resumed.next()).value as JobEvent).id, missed.id);
  const pending = resumed.next();
  await resumed.return?.();
  assert.equal((await pending).done, true);
  assert.equal(((await seen.next()).value as JobEvent).type, "dead");
  const stop = new AbortController();
  const ending = client.events({ signal: stop.signal });
  const last = ending.next();
  stop.abort();
  assert.equal((await last).done, true);
});

onEach("processes, figures and the file's state are told", async (client) => {
  await client.enqueueAndWait(echo, 1);
  assert.deepEqual(
    (await client.workers.list()).map(({ pid, status }) => [pid, status]),
    [[process.pid, "healthy"]],
  );
  assert.equal((await client.stats()).counts.completed, 1);
  assert.deepEqual((await client.health()).problems, []);
  assert.deepEqual((await client.locks.list()).items, []);
});

onEach("commands are made, seen, run, killed and removed", async (client) => {
  const { commands } = client;
  assert.equal(await commands.upsert("say", { command: "echo said" }), undefined);
  const before = await commands.upsert("say", { command: "echo said $0; sleep 60" });
  assert.equal(before?.command, "echo said");
  const got = await commands.get("say");
  assert.deepEqual([got?.name, got?.running], ["say", 0]);
  assert.equal(await commands.get("none"), undefined);
  assert.deepEqual(
    (await commands.list()).items.map(({ name }) => name),
    ["say"],
  );
  await client.queues.pause("say");
  const { id } = await commands.run("say");
  assert.equal(await commands.kill(id, { reason: "enough" }), "killed");
  assert.equal((await client.jobs.get(id))?.reason, "enough");
  assert.equal(await commands.kill(id), "already done");
  assert.equal(await commands.kill("say"), "not running");
  await refuses(commands.upsert("echo", { command: "true" }), "ERR_ERGATE_JOB_NAME", "name");
  const bad = commands.upsert("say", { command: "true", timeout: "soon" });
  await refuses(bad, "ERR_ERGATE_DURATION", "options.timeout");
  assert.equal(await commands.remove("say"), true);
  assert.equal(await commands.remove("say"), false);
});

onEach("lines are found by their words and times", async (client) => {
  const { id } = await client.enqueue(faulty);
  await refuses(client.result(id), "ERR_ERGATE_RESULT_DEAD");
  const found = async (text: string, options = {}) =>
    (await client.logs.search(text, options)).items.map((line) => [line.jobId, line.text]);
  assert.deepEqual(await found("FAR", { job: id, from: new Date(0), limit: 5 }), [[id, "so far"]]);
  assert.deepEqual(await found("far", { until: 1 }), []);
  assert.deepEqual((await client.jobs.logs(id, { until: new Date(1) })).items, []);
  await refuses(client.logs.search(""), "ERR_ERGATE_OPTION", "text");
});

onEach("a log is followed over attempts to its job's end", async (client) => {
  const { id } = await client.enqueue(faulty, null, { delay: "1h" });
  const followed = client.logs.follow(id);
  const first = followed.next();
  await client.jobs.retry(id);
  const line = (await first).value as FollowedLine;
  assert.deepEqual([line.text, line.attempt, line.level], ["so far", 1, "info"]);
  const none = { done: true, value: undefined };
  assert.deepEqual(await followed.next(), none);
  assert.deepEqual(await client.logs.follow(id, { cursor: line.cursor }).next(), none);
  assert.deepEqual(await client.logs.follow(id, { attempt: 2 }).next(), none);
  await refuses(client.logs.follow("none").next(), "ERR_ERGATE_JOB_NOT_FOUND", "id");
  await refuses(client.logs.follow(id, { cursor: "x" }).next(), "ERR_ERGATE_CURSOR", "cursor");
  const leave = new AbortController();
  const { id: later } = await client.enqueue(echo, null, { delay: "1h" });
  const left = client.logs.follow(later, { signal: leave.signal }).next();
  leave.abort();
  assert.deepEqual(await left, none);
});

onEach("messages are published, counted and listed once they are given up", async (client) => {
  const { revision, heard } = await client.bus.publish("unschedule", { name: 7 } as never);
  assert.deepEqual([typeof revision, heard], ["number", true]);
  const listed = () => client.bus.dead.list();
  const [letter] = (await eventually(listed, ({ items }) => items.length > 0)).items;
  assert.deepEqual(
    [letter?.event, letter?.reason, letter?.path],
    ["unschedule", "schema", "data.name"],
  );
  assert.equal((await client.bus.stats()).published, 1);
  assert.equal(await client.bus.dead.delete(letter?.id ?? ""), true);
  assert.equal(await client.bus.dead.retry(letter?.id ?? ""), false);
  await refuses(client.bus.publish("", 1), "ERR_ERGATE_OPTION", "event");
  await refuses(client.bus.publish("a", new Map()), "ERR_ERGATE_PAYLOAD_JSON", "data");
  await refuses(client.bus.dead.list({ limit: 0 }), "ERR_ERGATE_OPTION", "options.limit");
});
