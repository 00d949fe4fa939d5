import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { configOf, variables } from "../../lib/cli/serve-config.ts";
import type { RuntimeOptions } from "../../lib/client/options.ts";
import type { Page } from "../../lib/job/job.ts";
import { answerOf, ended, faultOf, launch, nextLine, tempFolder, writeTree } from "./ergate.ts";

const job = "export const greet = { name: 'greet', run: () => 'hello' };";

test("serve takes its settings from a file, the environment before it, the call before both", async (t) => {
  const cwd = tempFolder(t);
  writeTree(cwd, {
    "jobs/greet.ts": job,
    "etc/ergate.json": JSON.stringify({
      storage: { file: "data.db", durability: "wal" },
      queues: { greet: { weight: 7, maxDepth: 9 } },
      schedules: { nightly: { cron: "0 3 * * *", job: "greet" } },
      concurrency: 3,
      threads: 1,
      http: { port: 1, secret: "of the file, long enough" },
    }),
  });
  const env = { ...process.env, ERGATE_CONCURRENCY: "5", ERGATE_PORT: "2", ERGATE_THREADS: "2" };
  const call = ["--config", "etc/ergate.json", "--jobs", "jobs", "--port", "0"];
  const server = launch(t, { cwd, env }, "serve", ...call);
  const url = /^listening on (http:\S+)$/.exec(await nextLine(server))?.[1] as string;
  assert.ok(url, "it listens nowhere");
  const remote = { cwd, env: { ...process.env, ERGATE_SECRET: "of the file, long enough" } };
  const receipt = await answerOf<{ durability: string }>(remote, "enqueue", "greet", "--url", url);
  assert.equal(receipt.durability, "wal");
  const db = ["--db", join("etc", "data.db")];
  const [queues, workers, schedules] = await Promise.all([
    answerOf<Page<{ name: string; weight: number; maxDepth: number }>>(
      { cwd },
      "queues",
      "ls",
      ...db,
    ),
    answerOf<{ concurrency: number; threads: number }[]>({ cwd }, "workers", ...db),
    answerOf<Page<{ name: string }>>({ cwd }, "schedules", "ls", ...db),
  ]);
  const greet = queues.items.find(({ name }) => name === "greet");
  assert.deepEqual([greet?.weight, greet?.maxDepth], [7, 9]);
  const [worker] = workers.map(({ concurrency, threads }) => ({ concurrency, threads }));
  assert.deepEqual(worker, { concurrency: 5, threads: 2 });
  assert.deepEqual(
    schedules.items.map(({ name }) => name),
    ["nightly"],
  );
  server.kill("SIGTERM");
  await ended(server);
});

test("a module's default export is a configuration, too", async (t) => {
  const cwd = tempFolder(t);
  writeTree(cwd, {
    "config.ts": "export default { namespace: 'a', threads: 3, storage: ':memory:' };",
  });
  const config = await configOf(
    callIn(cwd, { ERGATE_THREADS: "4", ERGATE_LOG_AGE: "2d" }, "config.ts"),
  );
  assert.deepEqual(config, {
    ...{ namespace: "a", threads: { count: 4 }, storage: { file: ":memory:" } },
    log: { retention: { age: "2d" } },
  });
});

test("each variable stands for an option that createRuntime knows", async () => {
  const { createRuntime } = await import("../../actors/index.ts");
  const given: Record<string, string> = { ERGATE_NAMESPACE: "n", ERGATE_HOST: "localhost" };
  const texts = { ERGATE_DURABILITY: "wal", ERGATE_LOG_LEVEL: "warn", ERGATE_TIMEOUT: "1m" };
  const env = Object.fromEntries(Object.keys(variables).map((name) => [name, "9"]));
  const config = await configOf(callIn("/", { ...env, ...given, ...texts }, undefined));
  const storage = { ...(config.storage as object), file: ":memory:" };
  const runtime = await createRuntime({ ...config, storage } as RuntimeOptions);
  await runtime.stop();
});

const faults: [what: string, file: string, said: RegExp][] = [
  ["a file that is not there", "none.json", /none\.json can't be read/],
  ["a file that is no JSON", "bad.json", /bad\.json can't be read/],
  ["a module that throws", "throws.ts", /throws\.ts can't be loaded: on purpose/],
  ["a list", "list.json", /list\.json holds no options/],
  ["jobs", "jobs.json", /name their modules by --jobs/],
  ["an option that is unknown", "odd.json", /odd\.json: .*colour/],
  ["an option of a wrong type", "wrong.json", /wrong\.json: .*concurrency/],
];

test("what is wrong with a configuration is told with its file and field", async (t) => {
  const cwd = tempFolder(t);
  writeTree(cwd, {
    "jobs/greet.ts": job,
    "bad.json": "{",
    "throws.ts": "throw new Error('on purpose');",
    "list.json": "[]",
    "jobs.json": '{"jobs":[]}',
    "odd.json": '{"colour":"red"}',
    "wrong.json": '{"concurrency":"many"}',
  });
  for (const [what, file, said] of faults) {
    const call = ["serve", "--no-http", "--jobs", "jobs", "--config", file];
    const error = await faultOf({ cwd }, ...call);
    assert.match(error.message, said, what);
  }
  const env = { ...process.env, ERGATE_CONCURRENCY: "many" };
  const error = await faultOf({ cwd, env }, "serve", "--no-http", "--jobs", "jobs");
  assert.match(error.message, /^ERGATE_CONCURRENCY: .*concurrency/);
});

function callIn(cwd: string, env: NodeJS.ProcessEnv, config: string | undefined) {
  const args = { text: (name: string) => (name === "config" ? config : undefined) };
  return { args, start: cwd, machine: { env } } as unknown as Parameters<typeof configOf>[0];
}
