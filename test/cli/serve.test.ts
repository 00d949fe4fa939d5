import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Job, Page } from "../../lib/job/job.ts";
import {
  answerOf,
  ended,
  ergate,
  faultOf,
  launch,
  nextLine,
  tempFolder,
  writeTree,
} from "./ergate.ts";

const examples = fileURLToPath(new URL("../../examples/jobs", import.meta.url));

const modules = {
  "jobs/slow.ts": `export const slow = {
    name: "slow",
    run: (args, ctx) => new Promise((resolve, reject) => {
      console.log("entered");
      ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
    }),
  };`,
  "bad/broken.ts": "throw new Error('it is broken');",
  "none/none.ts": "export const number = 1;",
  "wrong/wrong.ts": "export default { name: 'wrong', run: 5 };",
  "list/list.ts": "export const schedules = [];",
  "twice/a.ts": "export const schedules = { nightly: { every: '1h', job: 'a' } };",
  "twice/b.ts": "export const schedules = { nightly: { every: '2h', job: 'a' } };",
  "cron/cron.ts": "export const schedules = { nightly: { cron: '61 * * * *', job: 'a' } };",
  "novel/novel.ts": "export const schedules = { nightly: { every: '1h', job: 'novel' } };",
};

test("serve runs what the command line enqueues, in the loop and in threads", async (t) => {
  const options = { cwd: tempFolder(t) };
  const server = launch(
    t,
    options,
    "serve",
    "--no-http",
    "--db",
    "app.db",
    "--jobs",
    examples,
    "--threads",
    "1",
  );
  assert.match(await nextLine(server), /^ergate: serving app\.db with 2 jobs \(pid \d+\)$/);
  const db = ["--db", "app.db"];
  const [greeting, primes] = await Promise.all([
    ergate(options, "enqueue", "greet", '{"name":"Ada"}', "--wait", ...db),
    answerOf<{ result: { count: number } }>(
      options,
      "enqueue",
      "primes",
      '{"limit":100}',
      "--wait",
      ...db,
    ),
  ]);
  assert.equal(greeting.stdout, '{"greeting":"hello, Ada"}\n');
  assert.deepEqual(primes.result, { count: 25 });
  const id = /^created (\S+) /.exec(greeting.stderr)?.[1] as string;
  const [job, workers] = await Promise.all([
    answerOf<Job & { executions: { outcome: string }[] }>(options, "jobs", "show", id, ...db),
    answerOf<{ pid: number; alive: boolean }[]>(options, "workers", ...db),
  ]);
  assert.equal(job.state, "completed");
  assert.deepEqual(
    job.executions.map(({ outcome }) => outcome),
    ["completed"],
  );
  assert.deepEqual(
    workers.map(({ pid, alive }) => [pid, alive]),
    [[server.pid, true]],
  );
  server.kill("SIGTERM");
  assert.equal((await ended(server)).code, 0);
  const logs = await ergate(options, "jobs", "logs", id, "--tail", "5", ...db);
  assert.match(logs.stdout, /#1 info +greeting Ada\n$/);
  assert.deepEqual(await answerOf(options, "workers", ...db), []);
});

test("SIGTERM gives a running job back within the grace, a second one ends at once", async (t) => {
  const cwd = tempFolder(t);
  writeTree(cwd, modules);
  for (const signals of [1, 2]) {
    const db = `app${signals}.db`;
    const args = ["serve", "--no-http", "--jobs", "jobs/slow.ts", "--db", db];
    const env = { ERGATE_GRACE: signals === 1 ? "5s" : "10m" };
    const server = launch(t, { cwd, env }, ...args);
    await nextLine(server);
    const receipt = await answerOf<Job>({ cwd }, "enqueue", "slow", "--db", db);
    assert.equal(await nextLine(server), "entered");
    server.kill("SIGTERM");
    if (signals === 2) {
      if (server.stderr) await once(server.stderr, "data");
      server.kill("SIGINT");
    }
    const [code] = await once(server, "exit");
    assert.equal(code, signals === 2 ? 130 : 0);
    const job = await answerOf<Job>({ cwd }, "jobs", "show", receipt.id, "--db", db);
    if (signals === 1) assert.deepEqual([job.state, job.attempt], ["available", 0]);
    else assert.equal(job.state, "running");
  }
  const report = await ergate({ cwd }, "doctor", "--db", "app2.db");
  assert.equal(report.code, 1);
  assert.match(report.stdout, /^error: process \d+ on .+ died with 1 job running, and no process/m);
});

test("serve fires the schedules that modules export, and removes what they export no more", async (t) => {
  const cwd = tempFolder(t);
  const job = "export const tick = { name: 'tick', run: () => console.log('ticked') };";
  const spec = (name: string) => `${name}: { every: '50ms', job: 'tick', overlap: 'allow' }`;
  writeTree(cwd, {
    "jobs/tick.ts": job,
    "jobs/more.ts": `export const schedules = { ${spec("often")} };`,
    "jobs/passed.ts": `import { tick } from "./tick.ts";
      export * from "./more.ts";
      export const other = tick;`,
    "later/tick.ts": `${job} export const schedules = { late: { at: '2999-01-01', job: tick } };`,
    "silent/tick.ts": job,
  });
  const listed = async () => {
    const page = await answerOf<Page<{ name: string }>>({ cwd }, "schedules", "ls");
    return page.items.map(({ name }) => name);
  };
  const served = async (folder: string, line: RegExp, ticks: number) => {
    const server = launch(t, { cwd }, "serve", "--no-http", "--jobs", folder);
    assert.match(await nextLine(server), line);
    for (let at = 0; at < ticks; at++) assert.equal(await nextLine(server), "ticked");
    server.kill("SIGTERM");
    await once(server, "exit");
    return listed();
  };
  assert.deepEqual(await served("jobs", /with 1 job and 1 schedule \(pid/, 2), ["often"]);
  assert.deepEqual(await served("silent", /with 1 job \(pid/, 1), ["often"]);
  assert.deepEqual(await served("later", /with 1 job and 1 schedule \(pid/, 0), ["late"]);
});

test("serve says which module it can't use", async (t) => {
  const cwd = tempFolder(t);
  writeTree(cwd, modules);
  const expected: [string, string, RegExp][] = [
    ["bad", "ERR_ERGATE_HANDLER_LOAD", /broken\.ts can't be loaded: it is broken/],
    ["none/none.ts", "ERR_ERGATE_OPTION", /none\.ts exports no job/],
    ["none", "ERR_ERGATE_OPTION", /none\.ts exports no job/],
    ["wrong", "ERR_ERGATE_OPTION", /wrong\.ts: export default\.run/],
    ["missing", "ERR_ERGATE_OPTION", /there is no .*missing/],
    ["list", "ERR_ERGATE_OPTION", /list\.ts: export schedules must be an object of schedules/],
    ["twice", "ERR_ERGATE_OPTION", /a\.ts and .*b\.ts both have a schedule named "nightly"/],
    ["cron", "ERR_ERGATE_SCHEDULE", /^schedules\.nightly\.cron .*minute 61 .*column 1$/],
    ["novel", "ERR_ERGATE_JOB_UNKNOWN", /^schedules\.nightly: no job named "novel"/],
  ];
  await Promise.all(
    expected.map(async ([path, code, message]) => {
      const fault = await faultOf({ cwd }, "serve", "--jobs", path);
      assert.deepEqual([fault.exit, fault.code], [1, code]);
      assert.match(fault.message, message);
    }),
  );
});

test("serve with --json says what it serves", async (t) => {
  const cwd = tempFolder(t);
  const greet = join(examples, "greet.ts");
  const server = launch(t, { cwd }, "serve", "--no-http", "--jobs", greet, "--json");
  assert.deepEqual(JSON.parse(await nextLine(server)), {
    serving: join(cwd, "ergate.db"),
    jobs: ["greet"],
    schedules: [],
    pid: server.pid,
  });
  server.kill("SIGINT");
  assert.equal((await ended(server)).code, 0);
});
