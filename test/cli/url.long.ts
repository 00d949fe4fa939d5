import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { type TestContext, test } from "node:test";
import type { Job, Page, Receipt } from "../../lib/job/job.ts";
import { bounded } from "../actors/kit.ts";
import {
  answerOf,
  ended,
  faultOf,
  inside,
  launch,
  nextLine,
  tempFolder,
  writeTree,
} from "./ergate.ts";

const secret = "open sesame";
const modules = {
  secret: secret,
  "jobs/all.ts": `export const echo = { name: "echo", run: (args, ctx) => {
    ctx.log.info("echoing");
    return args;
  } };
  export const faulty = { name: "faulty", maxAttempts: 1, run() { throw new Error("no") } };`,
};

/** A server in a process of its own, and what the command line needs to reach it. */
async function server(t: TestContext) {
  const cwd = tempFolder(t);
  writeTree(cwd, modules);
  const env = { ERGATE_SECRET: secret };
  const child = launch(t, { cwd, env }, "serve", "--jobs", "jobs", "--port", "0");
  const url = (await nextLine(child)).slice("listening on ".length);
  const options = { cwd, env: { ...env, ERGATE_URL: url } };
  return { cwd, url, child, options };
}

async function stopped(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  assert.equal((await ended(child)).code, 0);
}

test("jobs are added, seen and moved on a server", bounded, async (t) => {
  const { cwd, url, child, options } = await server(t);
  const done = await inside(options, "enqueue", "echo", '{"a":1}', "--wait");
  assert.deepEqual([done.code, done.stdout], [0, '{"a":1}\n']);
  const later = await answerOf<Receipt>(options, "enqueue", "echo", "2", "--delay", "1h");
  assert.equal(later.state, "scheduled");
  const dead = await faultOf(options, "enqueue", "faulty", "--wait");
  assert.deepEqual([dead.exit, dead.code], [1, "ERR_ERGATE_RESULT_DEAD"]);
  const why = await inside(options, "jobs", "why", later.id);
  assert.match(why.stdout, /^It waits for its time/);
  const listed = await answerOf<Page<Job>>(options, "jobs", "ls", "--limit", "1");
  assert.deepEqual([listed.items.length, typeof listed.next], [1, "string"]);
  const first = /^created (\S+) /.exec(done.stderr)?.[1] as string;
  assert.match((await inside(options, "jobs", "logs", first)).stdout, /echoing\n$/);
  assert.equal(
    (await answerOf<{ changed: number }>(options, "jobs", "retry", later.id)).changed,
    1,
  );
  const all = await answerOf<{ changed: number }>(
    options,
    "jobs",
    "rm",
    "--all",
    "--state",
    "dead",
  );
  assert.equal(all.changed, 1);
  const gone = await faultOf(options, "jobs", "show", "none");
  assert.deepEqual([gone.exit, gone.code], [1, "ERR_ERGATE_JOB_NOT_FOUND"]);
  const file = ["--url", url, "--secret-file", "secret"];
  assert.equal((await inside({ cwd }, "stats", ...file)).code, 0);
  await stopped(child);
});

test("queues and schedules are moved on a server", bounded, async (t) => {
  const { child, options } = await server(t);
  for (const args of [
    ["queues", "pause", "echo", "--for", "1h"],
    ["queues", "configure", "echo", "--concurrency", "3"],
    ["queues", "resume", "echo"],
    ["queues", "purge", "echo"],
    ["schedules", "add", "nightly", "--job", "echo", "--cron", "0 3 * * *", "--args", "7"],
    ["schedules", "pause", "nightly"],
    ["schedules", "trigger", "nightly", "--wait"],
    ["schedules", "preview", "nightly"],
  ]) {
    const { code, stderr } = await inside(options, ...args);
    assert.deepEqual([args, code, stderr], [args, 0, ""]);
  }
  const history = await answerOf<Page<object>>(options, "schedules", "history", "nightly");
  assert.equal(history.items.length, 1);
  assert.equal((await inside(options, "schedules", "rm", "nightly")).code, 0);
  await stopped(child);
});

test("what is read from a server is what is read from its file", bounded, async (t) => {
  const { cwd, child, options } = await server(t);
  await inside(options, "enqueue", "echo", "1", "--wait");
  await inside(options, "schedules", "add", "nightly", "--job", "echo", "--cron", "0 3 * * *");
  for (const args of [
    ["jobs", "ls"],
    ["jobs", "errors"],
    ["queues", "ls"],
    ["schedules", "ls"],
    ["schedules", "show", "nightly"],
    ["schedules", "history"],
    ["locks", "ls"],
    ["workers"],
  ]) {
    const remote = await answerOf<object>(options, ...args);
    assert.deepEqual(remote, await answerOf<object>({ cwd }, ...args), args.join(" "));
  }
  const { counts } = await answerOf<{ counts: object }>(options, "stats");
  assert.deepEqual(counts, (await answerOf<{ counts: object }>({ cwd }, "stats")).counts);
  assert.match((await inside(options, "doctor")).stdout, /^file +http:.*integrity +ok.*ok\n$/s);
  await stopped(child);
});

test(
  "what can't be done on a server says so, and which place is meant is clear",
  bounded,
  async (t) => {
    const cwd = tempFolder(t);
    const url = "http://127.0.0.1:9";
    const wrong = async (...args: string[]) => {
      const { code, stderr } = await inside({ cwd }, ...args);
      assert.equal(code, 2, stderr);
      return stderr;
    };
    for (const args of [["backup", "copy.db"], ["demo"], ["serve"]]) {
      assert.match(await wrong(...args, "--url", url), /works on a file of this machine/);
    }
    assert.match(await wrong("stats", "--url", url, "--db", "a.db"), /exclude each other/);
    assert.match(await wrong("stats", "--url", url, "--namespace", "a"), /goes with a file/);
    const env = { ERGATE_URL: url };
    const away = await faultOf({ cwd, env }, "stats");
    assert.deepEqual([away.exit, away.code], [1, "ERR_ERGATE_HTTP_UNREACHABLE"]);
    assert.equal(
      (await faultOf({ cwd, env }, "stats", "--db", "a.db")).code,
      "ERR_ERGATE_STORE_OPEN",
    );
    assert.equal((await faultOf({ cwd }, "stats", "--url", "nowhere")).path, "url");
  },
);
