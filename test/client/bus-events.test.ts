import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { defineJob, type Runtime } from "../../actors/index.ts";
import { ErgateError } from "../../lib/base/error.ts";
import { ownSubscriptions } from "../../lib/client/bus-events.ts";
import { isDirective } from "../../lib/job/directive.ts";
import { aborted, bounded, eventually, made, newFile, signal, started } from "../actors/kit.ts";

const report = defineJob("report", { run: () => "done" });

async function letters(runtime: Runtime, count: number) {
  const items = await eventually(
    async () => (await runtime.bus.dead.list()).items,
    ({ length }) => length === count,
  );
  return items.map(({ event, reason, path, error }) => [event, reason, path, error]);
}

test(
  "schedules are made and removed by messages, of any process on the file",
  bounded,
  async (t) => {
    const storage = newFile(t);
    const runtime = await started(t, { storage, jobs: [report] });
    // It never starts: a process that only says what is to be done.
    const other = await made(t, { storage });
    const spec = { every: "1h", job: "report", args: null };
    const { heard } = await other.bus.publish("schedule", { name: "hourly", spec });
    assert.equal(heard, true);
    const found = await eventually(
      () => runtime.schedules.get("hourly"),
      (schedule) => schedule !== undefined,
    );
    assert.equal(found?.every, 3_600_000);
    await other.bus.publish("unschedule", { name: "hourly" });
    await eventually(
      () => runtime.schedules.get("hourly"),
      (schedule) => schedule === undefined,
    );
  },
);

async function stuck(t: TestContext) {
  const entered = signal();
  const job = defineJob("stuck", {
    async run(_args, ctx) {
      entered.resolve();
      await aborted(ctx.signal);
      throw new Error("ended");
    },
  });
  const runtime = await started(t, { jobs: [job] });
  const { id } = await runtime.enqueue(job);
  await entered.promise;
  return { runtime, id };
}

for (const [command, state] of [
  ["stop", "stopped"],
  ["cancel", "cancelled"],
] as const) {
  test(`a message says ${command}, and the running job is ${state}`, bounded, async (t) => {
    const { runtime, id } = await stuck(t);
    await runtime.bus.publish("fire_command", { job: id, command });
    await eventually(
      () => runtime.jobs.get(id),
      (job) => job?.state === state,
    );
  });
}

test("a message that can't be acted on is a dead letter with its reason", bounded, async (t) => {
  const runtime = await started(t, { jobs: [report] });
  const publish = runtime.bus.publish as (event: string, data: unknown) => Promise<unknown>;
  await publish("fire_command", { job: "x", command: "explode" });
  assert.deepEqual(await letters(runtime, 1), [
    [
      ...["fire_command", "schema", "data.command"],
      "data.command: command must be one of stop, cancel, retry",
    ],
  ]);
  await publish("schedule", { name: "never", spec: { cron: "61 * * * *", job: "report" } });
  const [cron] = await letters(runtime, 2);
  assert.deepEqual(cron?.slice(0, 2), ["schedule", "refused"]);
  await publish("register_hook", { job: "x", hook: "http://hooks.example/" });
  const [hook] = await letters(runtime, 3);
  assert.deepEqual(hook?.slice(0, 2), ["register_hook", "refused"]);
});

test("hooks are registered by message as they were given", async () => {
  const given: unknown[] = [];
  const deeds = {
    schedules: { upsert: async () => undefined, remove: async () => true },
    jobs: { stop: async () => true, cancel: async () => true, retry: async () => true },
    registerHook: async (...call: unknown[]) => void given.push(call),
  };
  const own = ownSubscriptions(() => deeds).find(({ event }) => event === "register_hook");
  const message = { event: "register_hook", id: "1", revision: 1, at: 0, attempt: 1 };
  const call = { ...message, signal: new AbortController().signal };
  await own?.run({ job: "one", hook: { url: "http://here/" } }, call);
  assert.deepEqual(given, [["one", { url: "http://here/" }]]);
});

test("what a store refuses is tried again, what can't be done is not", async () => {
  const faults = [
    new ErgateError("ERR_ERGATE_STORE_FAILED", "broken"),
    new ErgateError("ERR_ERGATE_STOPPED", "stopped"),
    new ErgateError("ERR_ERGATE_SCHEDULE", "no cron"),
  ];
  const deeds = {
    schedules: { upsert: async () => Promise.reject(faults.shift()), remove: async () => true },
    jobs: { stop: async () => true, cancel: async () => true, retry: async () => true },
    registerHook: async () => undefined,
  };
  const own = ownSubscriptions(() => deeds).find(({ event }) => event === "schedule");
  const message = { event: "schedule", id: "1", revision: 1, at: 0, attempt: 1 };
  const call = { ...message, signal: new AbortController().signal };
  const thrown: boolean[] = [];
  for (let at = 0; at < 3; at++) {
    const run = async () => own?.run({ name: "x", spec: {} }, call);
    await run().catch((error) => thrown.push(isDirective(error)));
  }
  assert.deepEqual(thrown, [false, false, true]);
});

test("an app subscribes to the runtime's events beside it", bounded, async (t) => {
  const runtime = await started(t, { jobs: [report] });
  const heard = signal<string>();
  await runtime.bus.subscribe("unschedule", ({ name }) => heard.resolve(name));
  await runtime.bus.publish("unschedule", { name: "nightly" });
  assert.equal(await heard.promise, "nightly");
});
