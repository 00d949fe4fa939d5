import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CommandHost } from "../../actors/command-host.ts";
import { defineJob, type Job, type Runtime } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { limits } from "../../lib/base/limits.ts";
import { Commands } from "../../lib/command/commands.ts";
import { parseCommand } from "../../lib/job/command.ts";
import type { ClaimedJob } from "../../lib/job/job.ts";
import { Middlewares } from "../../lib/job/middleware.ts";
import type { ContextTools } from "../../lib/job/run-context.ts";
import { LogCollector } from "../../lib/log/collector.ts";
import { factsOf, lives, until } from "../command/kit.ts";
import { bounded, eventually, made, newFile, places, refuses, signal, started } from "./kit.ts";

interface Result {
  exitCode?: number;
  signal?: string;
  output: string;
  truncated: boolean;
  command: string;
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "ergate-test-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The job once it is final, whatever became of it. */
async function over(runtime: Runtime, id: string): Promise<Job & { result: Result }> {
  await runtime.result(id).catch(() => undefined);
  return (await runtime.jobs.get(id)) as Job & { result: Result };
}

/** The pids that the running command wrote into its log. */
async function pidsOf(runtime: Runtime, id: string): Promise<number[]> {
  const { items } = await eventually(
    () => runtime.jobs.logs(id),
    ({ items }) => items.some(({ text }) => text.startsWith("pids ")),
  );
  const said = items.find(({ text }) => text.startsWith("pids "))?.text ?? "";
  return said.slice(5).split(" ").map(Number);
}

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: a command's lines are its log, and what it left is its result`,
    bounded,
    async (t) => {
      const talk = defineJob<{ to: string }>("talk", {
        command: 'echo "to $ERGATE_ARGS"; echo problem >&2; printf "no end"',
      });
      const runtime = await started(t, { storage: storage(t), jobs: [talk] });
      const { id } = await runtime.enqueue(talk, { to: "me" });
      const { state, result, attempt, maxAttempts } = await over(runtime, id);
      assert.deepEqual([state, attempt, maxAttempts], ["completed", 1, 1]);
      assert.equal(result.exitCode, 0);
      assert.match(result.output, /^to \{"to":"me"\}$/m);
      assert.equal(result.truncated, false);
      assert.match(result.command, /^echo "to/);
      const { items } = await runtime.jobs.logs(id);
      const lines = items.map(({ stream, level, text }) => [stream, level, text]);
      assert.deepEqual(
        lines.filter(([stream]) => stream === "stdout"),
        [
          ["stdout", "info", 'to {"to":"me"}'],
          ["stdout", "info", "no end"],
        ],
      );
      assert.ok(lines.some((line) => line.join() === "stderr,info,problem"));
    },
  );
}

test(
  "a command that fails says how, keeps its result, and is not tried again",
  bounded,
  async (t) => {
    const bad = defineJob("bad", { command: "echo so far; echo it broke >&2; exit 3" });
    const runtime = await started(t, { jobs: [bad] });
    const { id } = await runtime.enqueue(bad);
    const job = await over(runtime, id);
    assert.deepEqual([job.state, job.attempt], ["dead", 1]);
    assert.equal(job.result.exitCode, 3);
    assert.match(job.result.output, /so far\n/);
    assert.match(job.errors[0]?.message ?? "", /exited with code 3; last: /);
  },
);

test("a command is tried again where its job says so, with the last result", bounded, async (t) => {
  const path = folder(t);
  const again = defineJob("again", {
    command: `echo $ERGATE_ATTEMPT; test -e ${path}/there || { mkdir ${path}/there; exit 1; }`,
    ...{ maxAttempts: 2, backoff: 0 },
  });
  const runtime = await started(t, { jobs: [again] });
  const { id } = await runtime.enqueue(again);
  const job = await over(runtime, id);
  assert.deepEqual([job.state, job.attempt, job.result.output], ["completed", 2, "2\n"]);
});

test(
  "a program that is not there, or can't be run, fails its run and says so",
  bounded,
  async (t) => {
    const cases = {
      absent: { argv: ["no-such-program-at-all"], says: /no-such-program-at-all was not found/ },
      folder: {
        argv: ["true"],
        cwd: "/no/such/folder",
        says: /cwd \/no\/such\/folder is not there/,
      },
      plain: { argv: ["/etc/passwd"], says: /can't be executed/ },
      inShell: {
        command: "no-such-program-at-all",
        says: /code 127: a program in it was not found/,
      },
    };
    const jobs = Object.entries(cases).map(([name, { says: _, ...options }]) => {
      return defineJob(name, options);
    });
    const runtime = await started(t, { jobs });
    for (const [name, { says }] of Object.entries(cases)) {
      const { id } = await runtime.enqueue(name);
      const { state, errors } = await over(runtime, id);
      assert.equal(state, "dead");
      assert.match(errors[0]?.message ?? "", says);
    }
  },
);

test("a command past its timeout is killed, and that is a failed attempt", bounded, async (t) => {
  const slow = defineJob("slow", { command: "echo on; exec sleep 1000", timeout: "200ms" });
  const runtime = await started(t, { jobs: [slow] });
  const { id } = await runtime.enqueue(slow);
  const { state, errors, result } = await over(runtime, id);
  assert.equal(state, "dead");
  assert.match(errors[0]?.message ?? "", /longer than 200 ms/);
  assert.deepEqual([result.signal, result.output], ["SIGTERM", "on\n"]);
  const own = await runtime.enqueue(slow, undefined, { timeout: "50ms" });
  assert.match((await over(runtime, own.id)).errors[0]?.message ?? "", /longer than 50 ms/);
});

test(
  "a kill of `sleep 100 & sleep 100` ends both, and what they said is read within 1 s",
  bounded,
  async (t) => {
    const tree = defineJob("tree", {
      command: "sleep 100 & sleep 100 & echo pids $$ $(jobs -p); wait",
    });
    const runtime = await started(t, { jobs: [tree] });
    const { id } = await runtime.enqueue(tree);
    const pids = await pidsOf(runtime, id);
    assert.equal(pids.length, 3);
    const before = systemClock.monotonic();
    assert.equal(await runtime.jobs.stop(id, "enough"), true);
    const job = await over(runtime, id);
    const { items } = await runtime.jobs.logs(id);
    const tookMs = systemClock.monotonic() - before;
    assert.deepEqual([job.state, job.reason, job.result.signal], ["stopped", "enough", "SIGTERM"]);
    assert.deepEqual(pids.map(lives), [false, false, false]);
    assert.ok(items[0]?.text.startsWith("pids"));
    t.diagnostic(`${tookMs} ms`);
    assert.ok(tookMs < 5_000, `${tookMs} ms`);
  },
);

test(
  "a kill ends a grandchild that left the group, ignores TERM and holds the pipe, and so the run",
  bounded,
  async (t) => {
    const deaf = "setsid bash -c 'trap \"\" TERM; echo pids $PPID $$; while :; do sleep 100; done'";
    const stubborn = defineJob("stubborn", { command: `${deaf} & wait`, grace: "100ms" });
    const runtime = await started(t, { jobs: [stubborn] });
    const { id } = await runtime.enqueue(stubborn);
    const pids = await pidsOf(runtime, id);
    await runtime.jobs.cancel(id, "no more");
    const { state } = await over(runtime, id);
    assert.equal(state, "cancelled");
    assert.deepEqual(pids.map(lives), [false, false]);
  },
);

test(
  "a run that was claimed and has not spawned is stopped, and never starts",
  bounded,
  async (t) => {
    const path = join(folder(t), "ran");
    const touch = defineJob("touch", { argv: ["touch", path] });
    const runtime = await made(t, { jobs: [touch] });
    const entered = signal();
    const go = signal();
    runtime.use(async (_job, next) => {
      entered.resolve();
      await go.promise;
      return next();
    });
    await runtime.start();
    const { id } = await runtime.enqueue(touch);
    await entered.promise;
    assert.equal(await runtime.jobs.stop(id), true);
    go.resolve();
    assert.equal((await over(runtime, id)).state, "stopped");
    assert.equal(existsSync(path), false);
  },
);

test("a stop ends what runs, whose job waits again with its attempt back", bounded, async (t) => {
  const file = { file: newFile(t), place: "inline" as const };
  const waits = defineJob("waits", {
    command: "trap '' TERM; echo pids $$; while :; do sleep 9; done",
  });
  const quick = defineJob("quick", { command: "echo done" });
  const runtime = await started(t, { storage: file, jobs: [waits, quick] });
  const { id } = await runtime.enqueue(waits);
  const done = await runtime.enqueue(quick);
  const [pid = 0] = await pidsOf(runtime, id);
  await runtime.result(done.id);
  await runtime.stop({ graceMs: 0 });
  assert.equal(lives(pid), false);
  const later = await made(t, { storage: file });
  const { state, attempt } = (await later.jobs.get(id)) as Job;
  assert.deepEqual([state, attempt], ["available", 0]);
  assert.equal((await later.jobs.get(done.id))?.state, "completed");
  const kept = await later.jobs.executions(id);
  assert.deepEqual(
    kept.map(({ outcome }) => outcome),
    ["interrupted"],
  );
});

test("middlewares stand around commands, too", bounded, async (t) => {
  const job = defineJob("job", { argv: ["false"] });
  const runtime = await made(t, { jobs: [job] });
  const seen: unknown[] = [];
  runtime.use(async ({ name, args }, next) => {
    seen.push(name, args);
    await next().catch((error) => seen.push(error.code));
    return "mended";
  });
  await runtime.start();
  assert.equal(await runtime.enqueueAndWait(job, [1]), "mended");
  assert.deepEqual(seen, ["job", [1], "ERR_ERGATE_COMMAND_FAILED"]);
});

test("of more output than is kept the last 64 KiB are the result", bounded, async (t) => {
  const flood = defineJob("flood", { command: "seq 1 400000" });
  const runtime = await started(t, { jobs: [flood] });
  const { id } = await runtime.enqueue(flood);
  const { result } = await over(runtime, id);
  assert.equal(result.truncated, true);
  assert.equal(Buffer.byteLength(result.output), limits.commandOutputBytes);
  assert.ok(result.output.endsWith("399999\n400000\n"));
  const { items } = await runtime.jobs.logs(id, { tail: 2 });
  assert.match(items[0]?.text ?? "", /log cut at 2097152 bytes/);
  assert.match(items[1]?.text ?? "", /lines were cut/);
});

test("a command waits while the log is behind, and no line of it is lost", bounded, async (t) => {
  const collector = new LogCollector({
    clock: systemClock,
    wake: () => undefined,
    pendingBytes: 20_000,
  });
  const tools = { log: (job: ClaimedJob) => collector.run(job.id, job.attempt) };
  const commands = new Commands({ clock: systemClock });
  const host = new CommandHost({
    ...{ clock: systemClock, collector, tools: tools as unknown as ContextTools },
    commands,
    ...{ middlewares: new Middlewares(), workerId: () => `behind-${process.pid}` },
  });
  t.after(() => host.close());
  const ended = signal();
  host.loop.listen({ ended: () => ended.resolve(), overdue: () => undefined });
  const job = { seq: 1, fence: 1, id: "one", attempt: 1, args: "null" } as unknown as ClaimedJob;
  host.loop.start(job, defineJob("count", { command: "seq 1 50000" }));
  await until(t, () => collector.behind());
  // Time enough for the program to end, if it did not wait.
  const pause = parseCommand({ command: "sleep 0.3" }, "command");
  await commands.start(pause, factsOf(), { lines: () => true }).ended;
  const heldLines = collector.stats().lines;
  assert.ok(heldLines < 40_000, `${heldLines} lines`);
  let isOver = false;
  void ended.promise.then(() => {
    isOver = true;
  });
  const bodies: string[] = [];
  await until(t, () => {
    for (const { body } of collector.next()) bodies.push(body);
    collector.stored();
    return isOver && collector.stats().pendingLines === 0;
  });
  const lines = bodies.join("").match(/:\d+\n/g) ?? [];
  assert.equal(lines.length, 50_000);
  assert.equal(lines.at(-1), ":50000\n");
  assert.equal(collector.stats().cutLines, 0);
});

test("a second definition of a command's name is refused", bounded, async (t) => {
  const runtime = await made(t, { jobs: [defineJob("one", { argv: ["true"] })] });
  await refuses(runtime.register({ name: "one", run: () => 1 }), "ERR_ERGATE_JOB_NAME");
});

test("one run at a time by name, over runtimes and whatever enqueued it", bounded, async (t) => {
  const file = { file: newFile(t), place: "inline" as const };
  const path = folder(t);
  const command = `mkdir ${path}/lock || exit 9; sleep 0.03; echo >> ${path}/ran; rmdir ${path}/lock`;
  const alone = defineJob("alone", { command });
  const one = await started(t, { storage: file, jobs: [alone] });
  const two = await started(t, { storage: file, jobs: [alone] });
  const receipts = await Promise.all(
    Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? one : two).enqueue("alone")),
  );
  for (const { id } of receipts) assert.equal((await over(one, id)).state, "completed");
  assert.equal(readFileSync(`${path}/ran`, "utf8").length, 12);
});
