import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { hooksActor } from "../../actors/hooks.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Runtime } from "../../lib/client/client.ts";
import { HookCounter } from "../../lib/hook/counts.ts";
import { statsMeta } from "../../lib/hook/job-stats.ts";
import { defineJob } from "../../lib/job/definition.ts";
import { testSystem, VirtualClock } from "../../lib/kernel/testkit.ts";
import { type Received, receiver, statuses } from "../hook/receiver.ts";
import {
  advance,
  bounded,
  eventually,
  newFile,
  places,
  refuses,
  signal,
  silent,
  started,
} from "./kit.ts";

const told = (got: readonly Received[]) =>
  got.map(({ body: { status, check_in: text } }) =>
    text === undefined ? status : `${status} ${text}`,
  );
const empty = defineJob("empty", { run: () => undefined });

const waiting = async (runtime: Runtime) => (await runtime.stats()).hooks.waiting;

for (const [place, storage] of Object.entries(places)) {
  test(`a job tells of each move and check-in, in order: ${place}`, bounded, async (t) => {
    const { url, has } = await receiver(t);
    const job = defineJob("work", {
      maxAttempts: 2,
      backoff: 0,
      async run(_: unknown, ctx) {
        ctx.checkIn("half");
        if (ctx.attempt === 1) throw new Error("boom");
        await ctx.enqueue(empty);
        ctx.checkIn("nearly");
        ctx.checkIn("all");
      },
    });
    const runtime = await started(t, { storage: storage(t), jobs: [job, empty] });
    const meta = { [statsMeta.kind]: "Scheduled", [statsMeta.unique]: "true" };
    const { id } = await runtime.enqueue(job, {}, { hook: url, delay: "1h", meta });
    await runtime.jobs.retry(id);
    await runtime.result(id, { timeout: "30s" });
    const got = await has(9);
    const all = ["Pending", "Running", "Running half", "Error", "Pending"];
    const again = ["Running", "Running half", "Running all", "Success"];
    assert.deepEqual(told(got), [...all, ...again]);
    const { headers, body, path } = got[3] as Received;
    assert.deepEqual([path, headers["content-type"]], ["/told", "application/json"]);
    assert.match(String(headers["user-agent"]), /^ergate\//);
    const { executions = [], multiple_executions: many } = (got[8] as Received).body.metadata;
    const { items: made } = await runtime.jobs.list({ parent: id });
    assert.deepEqual([executions, many], [made.map((one) => one.id), true]);
    assert.equal(new Set(got.map((one) => one.headers["webhook-id"])).size, 9);
    assert.deepEqual([body.job_id, "check_in" in body], [id, false]);
    const { name, kind, unique, ref_link: link } = body.metadata;
    assert.deepEqual([name, kind, unique, link], ["work", "Scheduled", true, `/api/v1/jobs/${id}`]);
    const { hooks } = await eventually(
      () => runtime.stats(),
      (stats) => stats.hooks.delivered === 9,
    );
    assert.equal(hooks.waiting, 0);
  });
}

test(
  "what is told is signed by each key: the hook's own, else the runtime's",
  bounded,
  async (t) => {
    const { url, has } = await receiver(t);
    const bytes = Buffer.from("of the runtime");
    const own = `whsec_${bytes.toString("base64")}`;
    const runtime = await started(t, { jobs: [empty], hooks: { secret: [own, "older"] } });
    await runtime.enqueue(empty, {}, { hook: { url, events: ["completed"] } });
    await has(1);
    await runtime.enqueue(empty, {}, { hook: { url, events: ["completed"], secret: "its own" } });
    const [first, second] = await has(2);
    const check = ({ headers, text }: Received, keys: readonly (Buffer | string)[]) => {
      const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`;
      const expected = keys.map(
        (key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`,
      );
      assert.equal(headers["webhook-signature"], expected.join(" "));
    };
    check(first as Received, [bytes, "older"]);
    check(second as Received, ["its own"]);
  },
);

test(
  "what fails is tried again under its id, and what comes after it waits",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    const { url, has, got } = await receiver(t, statuses(500, 503, 200));
    const runtime = await started(t, { jobs: [empty], clock });
    await runtime.enqueue(empty, {}, { hook: url });
    await has(1);
    const attempts = async () => (await runtime.hooks.list({ state: "waiting" })).items;
    const [second, first] = await eventually(
      attempts,
      (items) => items[1]?.lastError !== undefined,
    );
    assert.deepEqual(
      [first?.attempts, first?.lastError, second?.nextAt],
      [1, "HTTP 500", undefined],
    );
    await advance(clock, limits.hookBackoffMs / 2 - 1);
    assert.equal(got.length, 1);
    await advance(clock, limits.hookBackoffMs);
    await has(2);
    await eventually(
      attempts,
      (items) => items[1]?.attempts === 2 && items[1].lastError === "HTTP 503",
    );
    await advance(clock, 3 * limits.hookBackoffMs);
    await has(4);
    const ids = got.map(({ headers }) => headers["webhook-id"]);
    assert.deepEqual([ids[0], ids[1], new Set(ids).size], [ids[2], ids[2], 2]);
    assert.deepEqual(told(got), ["Running", "Running", "Running", "Success"]);
  },
);

test(
  "an event is given up a day after its first attempt, and can be sent again",
  bounded,
  async (t) => {
    const clock = new VirtualClock(undefined, { skipIdle: true });
    let status = 500;
    const { url, has, got } = await receiver(t, (_, answer) => {
      answer.statusCode = status;
      answer.end();
    });
    const runtime = await started(t, { jobs: [empty], clock });
    const { id } = await runtime.enqueue(empty, {}, { hook: { url, events: ["completed"] } });
    await has(1);
    const next = async () => (await runtime.hooks.list()).items[0];
    const look = async () => {
      const { failed } = (await runtime.stats()).hooks;
      return { failed, event: await next() };
    };
    for (let tries = 1; ; tries++) {
      const isOver = ({ failed, event }: Awaited<ReturnType<typeof look>>) =>
        failed === tries || event?.state === "dead";
      const { nextAt } = (await eventually(look, isOver)).event ?? {};
      if (nextAt === undefined) break;
      await advance(clock, nextAt - clock.now());
      await has(tries + 1);
    }
    assert.ok(got.length > 20 && got.length < 60, `${got.length} attempts`);
    const dead = await eventually(next, (one) => one?.state === "dead");
    assert.equal((dead?.deadAt ?? 0) - (dead?.createdAt ?? 0), limits.hookMaxAgeMs);
    status = 200;
    assert.equal(await runtime.hooks.resend("evt_1_0123456789abcdef"), 0);
    assert.equal(await runtime.hooks.resend({ job: id }), 1);
    await eventually(next, (one) => one === undefined);
    const ids = new Set(got.map(({ headers }) => headers["webhook-id"]));
    assert.deepEqual([...ids], [dead?.id]);
  },
);

test("410 switches an address off for all, until it is switched on", bounded, async (t) => {
  const { url, has, got } = await receiver(t, statuses(410, 200));
  const runtime = await started(t, { jobs: [empty] });
  const { id } = await runtime.enqueue(empty, {}, { hook: url });
  const dead = () => runtime.hooks.list({ state: "dead", url });
  await eventually(dead, ({ items }) => items.length === 2);
  const other = await runtime.enqueue(empty, {}, { hook: url });
  await runtime.result(other.id);
  await eventually(dead, ({ items }) => items.length === 4);
  assert.deepEqual(
    (await runtime.hooks.disabled()).map((one) => [one.url, one.reason]),
    [[url, "HTTP 410"]],
  );
  assert.equal(got.length, 1);
  assert.equal(await runtime.hooks.enable(url), true);
  assert.equal(await runtime.hooks.resend({ url }), 4);
  await has(5);
  const ofOne = got.slice(1).filter(({ body }) => body.job_id === id);
  assert.deepEqual(told(ofOne), ["Running", "Success"]);
  assert.equal(await runtime.hooks.disable(url), true);
  await runtime.enqueue(empty, {}, { hook: url });
  await eventually(dead, ({ items }) => items.length === 2);
});

test("a host that does not answer holds up no other, and fails in time", bounded, async (t) => {
  const clock = new VirtualClock();
  const slow = await receiver(t, () => undefined);
  const quick = await receiver(t);
  const runtime = await started(t, { jobs: [empty], clock, hooks: { concurrency: 8 } });
  const once = ["completed"] as const;
  for (let at = 0; at < 20; at++) {
    await runtime.enqueue(empty, {}, { hook: { url: slow.url, events: once } });
  }
  await slow.has(2);
  for (let at = 0; at < 20; at++) {
    await runtime.enqueue(empty, {}, { hook: { url: quick.url, events: once } });
  }
  await quick.has(20);
  assert.equal(slow.got.length, 2);
  await advance(clock, limits.hookTimeoutMs);
  const failed = () => runtime.hooks.list({ url: slow.url });
  const { items } = await eventually(failed, (page) => page.items.some((one) => one.lastError));
  assert.match(items.find((one) => one.lastError)?.lastError ?? "", /no answer within 10000 ms/);
});

test("more hosts than one look goes through, all full, are not looked at over and over", async () => {
  const { system, clock, settle } = testSystem(1);
  let looks = 0;
  const ask = async ({ after }: { after: string }) => {
    // Past that it is clear; an answer would keep the test turning.
    if (++looks > 20) return new Promise(() => undefined);
    return { claims: [], buried: 0, after: after === "" ? "in the middle" : "" };
  };
  const parts = { ask, clock, read: async () => clock.now(), owner: () => "w" };
  const { hookTimeoutMs: timeoutMs, hookConcurrency: concurrency } = limits;
  const rest = { timeoutMs, concurrency, perHost: 8, counter: new HookCounter(), logger: silent };
  system.spawn("hooks", hooksActor({ ...parts, ...rest } as never));
  await settle();
  assert.equal(looks, 2);
  clock.advance(limits.pollMs);
  await settle();
  assert.equal(looks, 4);
});

test("two processes share a backlog, and tell each event once", bounded, async (t) => {
  const storage = { file: newFile(t), durability: "memory" } as const;
  const { url, has, got } = await receiver(t);
  const jobs = [empty];
  const one = await started(t, { storage, jobs });
  const other = await started(t, { storage, jobs });
  const requests = Array.from({ length: 30 }, () => ({ job: empty, hook: url }));
  const receipts = await one.enqueueMany(requests);
  await has(60);
  const sent = async (who: Runtime) => (await who.stats()).hooks.delivered;
  // A sender counts what it hears of: a moment after the commit.
  await eventually(
    async () => (await sent(one)) + (await sent(other)),
    (delivered) => delivered === 60,
  );
  assert.deepEqual([await waiting(one), got.length], [0, 60]);
  for (const { id } of receipts) {
    assert.deepEqual(told(got.filter(({ body }) => body.job_id === id)), ["Running", "Success"]);
  }
});

test("what is under way at a stop is sent by the next start", bounded, async (t) => {
  const storage = newFile(t);
  const came = signal();
  let isOpen = false;
  const { url, has, got } = await receiver(t, (_, answer) => {
    came.resolve();
    if (isOpen) answer.end();
  });
  const clock = new VirtualClock();
  const first = await started(t, { storage, jobs: [empty], clock });
  await first.enqueue(empty, {}, { hook: url });
  await came.promise;
  let isOver = false;
  const stopped = first.stop().then(() => {
    isOver = true;
  });
  while (!isOver) await advance(clock, limits.hookStopMs);
  await stopped;
  isOpen = true;
  const second = await started(t, { storage, jobs: [empty] });
  await has(3);
  assert.deepEqual(told(got), ["Running", "Running", "Success"]);
  assert.equal(got[0]?.headers["webhook-id"], got[1]?.headers["webhook-id"]);
  await eventually(
    () => waiting(second),
    (left) => left === 0,
  );
});

test("the runs of a schedule tell by its hook, others by their job's", bounded, async (t) => {
  const clock = new VirtualClock(undefined, { skipIdle: true });
  const ofSchedule = await receiver(t);
  const ofJob = await receiver(t);
  const job = defineJob("report", {
    hook: { url: ofJob.url, events: ["completed"] },
    run: () => 1,
  });
  const hook = { url: ofSchedule.url, events: ["completed"] } as const;
  const runtime = await started(t, { jobs: [job], clock });
  await runtime.schedules.upsert("nightly", { every: "1m", job, hook });
  await advance(clock, 60_000);
  const [run] = await ofSchedule.has(1);
  assert.equal(run?.body.metadata.name, "report");
  assert.equal(ofJob.got.length, 0);
  await runtime.enqueue("report");
  await ofJob.has(1);
  const { id } = await runtime.enqueue("report", {}, { hook: false });
  await runtime.result(id);
  assert.equal(await waiting(runtime), 0);
  const secret = { ...hook, secret: "shown" };
  const spec = { every: "1h", job, hook: secret } as never;
  await refuses(runtime.schedules.upsert("other", spec), "ERR_ERGATE_OPTION", "spec.hook.secret");
});

test(
  "a hook registered during a run hears of its end, and its keys are not listed",
  bounded,
  async (t) => {
    const { url, has } = await receiver(t, statuses(500, 200));
    const go = signal();
    const job = defineJob("held", { run: () => go.promise });
    const clock = new VirtualClock();
    const runtime = await started(t, { jobs: [job], clock });
    const { id } = await runtime.enqueue(job);
    await eventually(
      () => runtime.jobs.get(id),
      (found) => found?.state === "running",
    );
    await runtime.hooks.register(id, { url, secret: "word of the day" });
    go.resolve();
    await runtime.result(id);
    await advance(clock, limits.pollMs);
    await has(1);
    const page = await eventually(
      () => runtime.hooks.list({ job: id }),
      ({ items }) => items[0]?.lastError !== undefined,
    );
    assert.equal(JSON.stringify(page).includes("word of the day"), false);
    assert.deepEqual([page.items[0]?.event, page.items[0]?.status], ["completed", "Success"]);
    await refuses(runtime.hooks.register(id, url), "ERR_ERGATE_JOB_STATE");
    await refuses(runtime.hooks.register("none", url), "ERR_ERGATE_JOB_NOT_FOUND");
    await refuses(runtime.hooks.register(id, "ftp://a"), "ERR_ERGATE_HOOK_URL", "hook");
  },
);

test(
  "a server that others reach sends nothing to loopback, unless it is listed",
  bounded,
  async (t) => {
    const { url, has } = await receiver(t);
    const http = { port: 0, host: "0.0.0.0", secret: "a long secret" };
    const runtime = await started(t, { jobs: [empty], http });
    await refuses(runtime.enqueue(empty, {}, { hook: url }), "ERR_ERGATE_HOOK_URL", "options.hook");
    await refuses(runtime.hooks.register("any", url), "ERR_ERGATE_HOOK_URL", "hook");
    const proxied = await started(t, { jobs: [empty], http: { port: 0, hosts: ["jobs.example"] } });
    await refuses(proxied.hooks.register("any", url), "ERR_ERGATE_HOOK_URL", "hook");
    const listed = await started(t, { jobs: [empty], http, hooks: { allow: ["127.0.0.1"] } });
    await listed.enqueue(empty, {}, { hook: url });
    await has(2);
  },
);

test("hooks that options can't be are refused with their path", bounded, async (t) => {
  for (const [hooks, path] of [
    [{ allow: "a" }, "hooks.allow"],
    [{ timeout: 1 }, "hooks.timeout"],
    [{ concurrency: 0 }, "hooks.concurrency"],
    [{ secret: [] }, "hooks.secret"],
    [{ maxAge: "90d" }, "hooks.maxAge"],
    [{ other: 1 }, "hooks.other"],
  ] as const) {
    await refuses(started(t, { hooks: hooks as never }), "ERR_ERGATE_OPTION", path);
  }
});
