import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createRuntime, defineJob, type Runtime } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import type { RuntimeOptions } from "../../lib/client/options.ts";
import {
  bounded,
  eventually,
  made,
  newFile,
  places,
  refuses,
  signal,
  started,
} from "../actors/kit.ts";
import { lives } from "../command/kit.ts";

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "ergate-test-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const running = (runtime: Runtime, id: string) =>
  eventually(
    () => runtime.jobs.logs(id),
    ({ items }) => items.length > 0,
  );

async function outputOf(runtime: Runtime, name: string): Promise<string> {
  const { id } = await runtime.commands.run(name);
  return (await runtime.result<{ output: string }>(id)).output;
}

const inline = (t: TestContext) => ({ file: newFile(t), place: "inline" as const });

/** Two runtimes on one storage. */
async function pair(t: TestContext): Promise<[Runtime, Runtime]> {
  const storage = inline(t);
  return [await started(t, { storage }), await started(t, { storage })];
}

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: a command is stored, read, listed, changed, run and removed`,
    bounded,
    async (t) => {
      const runtime = await started(t, { storage: storage(t) });
      const { commands } = runtime;
      assert.equal(await commands.upsert("b", { command: "echo one" }), undefined);
      assert.equal(await commands.upsert("a", { argv: ["true"], maxAttempts: 3 }), undefined);
      assert.equal(await outputOf(runtime, "b"), "one\n");
      const before = await commands.get("b");
      assert.deepEqual(
        { ...before, revision: 0 },
        { name: "b", command: "echo one", revision: 0, running: 0 },
      );
      assert.deepEqual(await commands.upsert("b", { command: "echo two" }), {
        command: "echo one",
      });
      assert.equal(await outputOf(runtime, "b"), "two\n");
      const { items, next } = await commands.list({ limit: 1 });
      assert.deepEqual(
        items.map(({ name, maxAttempts }) => [name, maxAttempts]),
        [["a", 3]],
      );
      const rest = await commands.list({ cursor: next as string });
      assert.deepEqual([rest.items.map(({ name }) => name), rest.next], [["b"], undefined]);
      assert.ok((rest.items[0]?.revision ?? 0) > (before?.revision ?? 0));
      assert.deepEqual([await commands.remove("b"), await commands.remove("b")], [true, false]);
      assert.equal(await commands.get("b"), undefined);
      await eventually(
        () => runtime.workers.list(),
        ([worker]) => worker?.jobs.join() === "a",
      );
      await refuses(commands.run("b"), "ERR_ERGATE_JOB_UNKNOWN", "job");
    },
  );
}

test("what can't be a command is refused, with the field", bounded, async (t) => {
  const job = defineJob("job", { run: () => 1 });
  const { commands } = await made(t, { jobs: [job] });
  await refuses(commands.upsert("x", {}), "ERR_ERGATE_OPTION", "options.command");
  await refuses(commands.upsert("x", { command: "" }), "ERR_ERGATE_OPTION", "options.command");
  const unknown = { command: "true", run: () => 1 };
  await refuses(commands.upsert("x", unknown as never), "ERR_ERGATE_OPTION", "options.run");
  await refuses(commands.upsert("", { command: "true" }), "ERR_ERGATE_JOB_NAME", "name");
  await refuses(commands.upsert("job", { command: "true" }), "ERR_ERGATE_JOB_NAME", "name");
  await refuses(
    createRuntime({ storage: ":memory:", jobs: [job], commands: { job: { command: "true" } } }),
    "ERR_ERGATE_JOB_NAME",
    "commands.job",
  );
  await refuses(
    createRuntime({
      storage: ":memory:",
      commands: { x: { command: "true", grace: "soon" as "1s" } },
    }),
    "ERR_ERGATE_DURATION",
    "commands.x.grace",
  );
});

test("a job and a command of two processes can't have one name", bounded, async (t) => {
  const storage = inline(t);
  const job = defineJob("job", { run: () => 1 });
  const first = await started(t, { storage, jobs: [job] });
  const second = await started(t, { storage });
  await refuses(second.commands.upsert("job", { command: "true" }), "ERR_ERGATE_JOB_NAME", "name");
  await second.commands.upsert("cmd", { command: "true" });
  const third = await made(t, { storage, jobs: [{ name: "cmd", run: () => 1 }] });
  await refuses(third.start(), "ERR_ERGATE_JOB_NAME", "jobs");
  await eventually(
    () => first.workers.list(),
    (all) => all.every(({ jobs }) => jobs.includes("cmd")),
  );
  await refuses(first.register({ name: "cmd", run: () => 1 }), "ERR_ERGATE_JOB_NAME");
  const fourth = await made(t, { storage, commands: { job: { command: "true" } } });
  await refuses(fourth.start(), "ERR_ERGATE_JOB_NAME", "commands.job");
});

test(
  "a command of one process runs in every other, and a change holds within 50 ms",
  bounded,
  async (t) => {
    const [one, two] = await pair(t);
    const third = await made(t, { storage: inline(t) });
    assert.deepEqual((await third.commands.list()).items, []);
    const heard = (text: string) =>
      eventually(
        () => two.workers.list(),
        (all) => all.every(({ jobs }) => jobs.includes(text)),
      );
    const took: number[] = [];
    for (let at = 0; at < 5; at++) {
      await one.commands.upsert(`c${at}`, { command: "true" });
      const before = systemClock.monotonic();
      await heard(`c${at}`);
      took.push(systemClock.monotonic() - before);
    }
    t.diagnostic(`${took.map(Math.round).join(", ")} ms`);
    assert.ok(Math.min(...took) <= 50, took.join());
  },
);

test(
  "a runtime that starts later runs what is stored, as another one changed it last",
  bounded,
  async (t) => {
    const storage = inline(t);
    const writer = await made(t, { storage });
    await writer.commands.upsert("a", { command: "echo 1" });
    await writer.commands.upsert("gone", { command: "true" });
    await writer.commands.upsert("a", { command: "echo 2" });
    await writer.commands.remove("gone");
    const runtime = await started(t, { storage });
    const [worker] = await runtime.workers.list();
    assert.deepEqual(worker?.jobs, ["a"]);
    assert.equal(await outputOf(writer, "a"), "2\n");
  },
);

test(
  "a run keeps the command with which it started, the next one takes the newest",
  bounded,
  async (t) => {
    const [one, two] = await pair(t);
    const path = folder(t);
    const waiting = (word: string) =>
      `echo ${word}; while ! test -e ${path}/go; do sleep 0.02; done; echo ${word} still`;
    await one.commands.upsert("c", { command: waiting("old") });
    const first = await one.commands.run("c");
    const second = await two.commands.run("c");
    await eventually(
      () => one.commands.get("c"),
      (view) => view?.running === 1,
    );
    await two.commands.upsert("c", { command: "echo new" });
    await eventually(
      async () => [await one.commands.get("c"), await two.commands.get("c")],
      (views) => views.every((view) => view?.command === "echo new"),
    );
    rmSync(path, { recursive: true });
    const { mkdirSync, writeFileSync } = await import("node:fs");
    mkdirSync(path);
    writeFileSync(`${path}/go`, "");
    const outputs = [];
    for (const { id } of [first, second]) {
      outputs.push((await one.result<{ output: string }>(id)).output);
    }
    assert.deepEqual(outputs, ["old\nold still\n", "new\n"]);
  },
);

test(
  "a command that is removed during a run ends normally, and can be killed meanwhile",
  bounded,
  async (t) => {
    const [one, two] = await pair(t);
    const path = folder(t);
    await one.commands.upsert("ends", {
      command: `echo on; while ! test -e ${path}/go; do sleep 0.02; done; echo off`,
    });
    await one.commands.upsert("killed", { command: "echo pids $$; sleep 1000" });
    const ends = await one.commands.run("ends");
    const killed = await one.commands.run("killed");
    for (const { id } of [ends, killed]) {
      await eventually(
        () => one.jobs.get(id),
        (job) => job?.state === "running",
      );
    }
    assert.deepEqual(
      [await two.commands.remove("ends"), await two.commands.remove("killed")],
      [true, true],
    );
    await eventually(
      () => one.workers.list(),
      (all) => all.every(({ jobs }) => jobs.length === 0),
    );
    assert.equal(await two.commands.kill("killed"), "killed");
    assert.equal((await one.jobs.get(killed.id))?.state, "stopped");
    writeFileSync(`${path}/go`, "");
    assert.equal((await one.result<{ output: string }>(ends.id)).output, "on\noff\n");
    const logs = [...(await one.jobs.logs(ends.id)).items, ...(await two.jobs.logs(ends.id)).items];
    assert.ok(logs.some(({ text }) => text === "off"));
  },
);

test(
  "declared commands are written when code says something new, and removed when it says them no more",
  bounded,
  async (t) => {
    const storage = inline(t);
    const specs = async (runtime: Runtime) =>
      (await runtime.commands.list()).items.map(({ name, command }) => `${name}: ${command}`);
    const start = async (commands?: RuntimeOptions["commands"]) => {
      const runtime = await started(t, { storage, ...(commands && { commands }) });
      const found = await specs(runtime);
      return { runtime, found };
    };
    const first = await start({
      a: { command: "1", schedule: { cron: "* * * * *" } },
      b: { command: "1" },
      c: { command: "1" },
    });
    assert.deepEqual(first.found, ["a: 1", "b: 1", "c: 1"]);
    await first.runtime.commands.upsert("b", { command: "by hand" });
    await first.runtime.commands.upsert("hand", { command: "by hand" });
    await first.runtime.commands.remove("c");
    // Whoever says nothing changes nothing.
    const second = await start();
    assert.deepEqual(second.found, ["a: 1", "b: by hand", "hand: by hand"]);
    // What a hand changed lives on while code says what it said.
    const third = await start({ a: { command: "1" }, b: { command: "1" }, c: { command: "1" } });
    assert.deepEqual(third.found, ["a: 1", "b: by hand", "hand: by hand"]);
    const fourth = await start({ b: { command: "2" }, c: { command: "2" } });
    assert.deepEqual(fourth.found, ["b: 2", "c: 2", "hand: by hand"]);
  },
);

test("a kill answers what became of it", bounded, async (t) => {
  const [one, two] = await pair(t);
  await one.commands.upsert("sleeps", { command: "echo on; exec sleep 1000" });
  assert.equal(await one.commands.kill("sleeps"), "not running");
  assert.equal(await one.commands.kill("no-such-thing"), "not running");
  const run = await one.commands.run("sleeps");
  const waits = await one.commands.run("sleeps");
  await eventually(
    () => one.jobs.get(run.id),
    (job) => job?.state === "running",
  );
  // A waiting one, by its id.
  assert.equal(await two.commands.kill(waits.id), "killed");
  assert.equal((await two.jobs.get(waits.id))?.state, "stopped");
  const later = await one.commands.run("sleeps", undefined, { delay: "1h" });
  assert.equal(await two.commands.kill("sleeps", { reason: "no more" }), "killed");
  const job = await two.jobs.get(run.id);
  assert.deepEqual([job?.state, job?.reason, job?.attempt], ["stopped", "no more", 1]);
  assert.equal((await two.jobs.get(later.id))?.state, "stopped");
  assert.equal(await two.commands.kill(run.id), "already done");
  assert.equal(await two.commands.kill("sleeps"), "not running");
});

test("a kill by a name or an id that is no command's ends nothing", bounded, async (t) => {
  const go = signal();
  const job = defineJob("job", { run: () => go.promise });
  const runtime = await started(t, { jobs: [job] });
  const { id } = await runtime.enqueue(job);
  assert.equal(await runtime.commands.kill("job"), "not running");
  assert.equal(await runtime.commands.kill(id), "not running");
  go.resolve();
  await runtime.result(id);
});

test("who waits for a kill may give up: what was asked holds", bounded, async (t) => {
  const runtime = await started(t);
  const deaf = "trap '' TERM; echo pids $$; while :; do sleep 0.05; done";
  await runtime.commands.upsert("deaf", { command: deaf, grace: "700ms" });
  const { id } = await runtime.commands.run("deaf");
  const { items } = await running(runtime, id);
  const pid = Number(items[0]?.text.slice(5));
  await refuses(runtime.commands.kill("deaf", { timeout: 50 }), "ERR_ERGATE_WAIT_TIMEOUT");
  const reason = new Error("enough");
  await assert.rejects(
    runtime.commands.kill("deaf", { signal: AbortSignal.abort(reason) }),
    reason,
  );
  await runtime.result(id).catch(() => undefined);
  assert.deepEqual([(await runtime.jobs.get(id))?.state, lives(pid)], ["stopped", false]);
});

test("a command's own schedule runs it, and goes with it", bounded, async (t) => {
  const storage = newFile(t);
  const hello = { command: "echo hi", schedule: { cron: "0 3 * * *", zone: "UTC" } };
  const first = await started(t, { storage, commands: { hello, other: { command: "true" } } });
  const { items } = await first.schedules.list();
  assert.deepEqual(
    items.map(({ name, job, cron }) => [name, job, cron]),
    [["hello", "hello", "0 3 * * *"]],
  );
  const run = await first.schedules.trigger("hello");
  await first.result(run.jobId ?? "");
  const [kept] = (await first.schedules.runs("hello")).items;
  assert.deepEqual([kept?.outcome, kept?.exitCode, kept?.output], ["completed", 0, "hi\n"]);
  await first.stop();
  const second = await started(t, {
    storage,
    schedules: {},
    commands: { hello: { command: "ls" } },
  });
  assert.deepEqual((await second.schedules.list()).items, []);
  const twice = { hello: { cron: "@daily", job: "hello" } };
  const both = { storage, schedules: twice, commands: { hello } };
  await refuses(createRuntime(both), "ERR_ERGATE_OPTION", "commands.hello.schedule");
  const named = { hello: { ...hello, schedule: twice.hello } } as never;
  await refuses(
    createRuntime({ storage, commands: named }),
    "ERR_ERGATE_OPTION",
    "commands.hello.schedule.job",
  );
});
