import assert from "node:assert/strict";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { createRuntime, defineJob, type StoredSchedule } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import type { Finding } from "../../lib/cli/findings.ts";
import type { Worker } from "../../lib/client/workers.ts";
import {
  answerOf,
  inside,
  launch,
  nextLine,
  type RunOptions,
  tempFolder,
  writeTree,
} from "./ergate.ts";

const minute = 60_000;

test("doctor names two live processes whose code declares different schedules", async (t) => {
  const options = { cwd: tempFolder(t) };
  const job = "export const tick = { name: 'tick', run: () => 1 };";
  const nightly = "nightly: { cron: '0 3 * * *', job: 'tick' }";
  const weekly = "weekly: { cron: '@weekly', job: 'tick' }";
  writeTree(options.cwd, {
    "one.ts": `${job} export const schedules = { ${nightly}, ${weekly} };`,
    "same.ts": `${job} export const schedules = { ${weekly}, ${nightly} };`,
    "silent.ts": job,
    "other.ts": `${job} export const schedules = { ${nightly} };`,
  });
  const serve = async (module: string) => {
    const server = launch(t, options, "serve", "--no-http", "--jobs", module);
    await nextLine(server);
    return server;
  };
  const [one] = [await serve("one.ts"), await serve("same.ts"), await serve("silent.ts")];
  assert.deepEqual(await findings(options), []);
  const digests = (await answerOf<Worker[]>(options, "workers")).map(({ declared }) => declared);
  assert.match(digests[0] ?? "", /^[0-9a-f]{16}$/);
  assert.deepEqual(digests, [digests[0], digests[0], undefined]);
  const other = await serve("other.ts");
  const who = [one, other].map((each) => `process ${each?.pid} on ${hostname()}`).join(" and ");
  const text = `${who} declare different schedules: who starts last has its way`;
  assert.deepEqual(await findings(options), [{ level: "warning", text }]);
});

test("doctor tells of schedules that are overdue, unreadable, or of a job no worker knows", async (t) => {
  const options = { cwd: tempFolder(t) };
  const storage = join(options.cwd, "ergate.db");
  const jobs = [defineJob("known", { run: () => 1 }), defineJob("novel", { run: () => 1 })];
  const now = systemClock.now();
  const before = await createRuntime({ storage, jobs, threads: 1 });
  const each = [1, 2, 3, 4, 5, 6, 7].map((number) => `late-${number}`);
  const clock = { ...systemClock, now: () => systemClock.now() - 60 * minute };
  const behind = await createRuntime({ storage, jobs: jobs.slice(0, 1), clock, threads: 1 });
  t.after(() => Promise.all([before.stop(), behind.stop()]));
  await before.schedules.upsert("fine", { cron: "@daily", job: "known" });
  await before.schedules.upsert("unknown", { cron: "@daily", job: "novel" });
  await before.schedules.upsert("paused", { cron: "@daily", job: "novel", paused: true });
  await before.schedules.upsert("edited", { cron: "@daily", job: "known" });
  await before.schedules.upsert("garbled", { cron: "@daily", job: "known" });
  for (const name of each)
    await behind.schedules.upsert(name, { at: now - 5 * minute, job: "known" });
  const database = new Database(storage);
  const edit = database.prepare("UPDATE schedules SET spec = ? WHERE name = ?");
  edit.run('{"cron":"@dayly","job":"known"}', "edited");
  edit.run("{", "garbled");
  database.close();
  const unreadable = {
    level: "error",
    text: "2 schedules are not readable, and firing no more (see: schedules show): edited, garbled",
  };
  assert.deepEqual(await findings(options), [unreadable]);
  // Its clock is an hour behind: it lives, and the times have not come for it.
  await behind.start();
  assert.deepEqual(await findings(options), [
    unreadable,
    {
      level: "error",
      text:
        "7 schedules are overdue by more than 60 s, though a worker lives: " +
        "late-1, late-2, late-3, late-4, late-5 and 2 more",
    },
    { level: "warning", text: "1 schedule is of a job that no worker knows: unknown" },
  ]);
  const shown = await inside(options, "schedules", "show", "edited");
  assert.match(shown.stdout, /^problem +edited\.cron "@dayly": .+\nwhen +unreadable\n/m);
  const garbled = await answerOf<StoredSchedule>(options, "schedules", "show", "garbled");
  assert.deepEqual([garbled.job, garbled.paused, typeof garbled.problem], ["", false, "string"]);
  const text = await inside(options, "doctor");
  assert.equal(text.code, 1);
  assert.match(text.stdout, /^schedules +12$/m);
});

async function findings(options: RunOptions): Promise<Finding[]> {
  const { stdout } = await inside(options, "doctor", "--json");
  return (JSON.parse(stdout) as { findings: Finding[] }).findings;
}
