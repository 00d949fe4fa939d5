import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createRuntime, defineJob, type Runtime, type StoredSchedule } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import type { Page } from "../../lib/job/job.ts";
import type { Run } from "../../lib/job/run.ts";
import { signal } from "../actors/kit.ts";
import { answerOf, faultOf, inside, type RunOptions, tempFolder } from "./ergate.ts";

const day = 86_400_000;
const report = defineJob<{ page: number } | null, string>("report", { run: () => "done" });

interface Added {
  name: string;
  disposition: string;
  previous?: Record<string, unknown>;
  schedule: StoredSchedule;
}

/** A folder whose ergate.db knows the job; no process serves it. */
async function known(t: TestContext): Promise<RunOptions & { file: string }> {
  const cwd = tempFolder(t);
  const file = join(cwd, "ergate.db");
  const runtime = await createRuntime({ storage: { file, place: "inline" }, jobs: [report] });
  await runtime.start();
  await runtime.stop();
  return { cwd, file };
}

function add(options: RunOptions, name: string, ...given: string[]): Promise<Added> {
  return answerOf<Added>(options, "schedules", "add", name, "--job", "report", ...given);
}

test("schedules add makes a schedule with all that it is told", async (t) => {
  const options = { ...(await known(t)), input: '{"page":1}' };
  const when = ["--cron", "0 3 * * *", "--zone", "Europe/Berlin", "--end", "2999-01-01T00:00"];
  const how = ["--overlap", "queue-one", "--missed", "all(3)", "--window", "2h", "--args", "-"];
  const more = ["--deadline", "10m", "--jitter", "1h", "--start", "1700000000000", "--paused"];
  const { name, disposition, previous, schedule } = await add(
    options,
    "nightly",
    ...when,
    ...how,
    ...more,
  );
  assert.deepEqual([name, disposition, previous], ["nightly", "created", undefined]);
  const { createdAt, revision, ...rest } = schedule;
  assert.deepEqual(rest, {
    ...{ name: "nightly", cron: "0 3 * * *", zone: "Europe/Berlin", job: "report" },
    ...{ args: { page: 1 }, overlap: "queue-one", missed: { all: 3 }, window: 7_200_000 },
    ...{ deadline: 600_000, jitter: 3_600_000, paused: true, running: 0 },
    ...{ start: 1_700_000_000_000, end: Date.parse("2998-12-31T23:00Z") },
  });
});

test("schedules add of a name that is there changes it, and tells what it was", async (t) => {
  const options = await known(t);
  await add(options, "often", "--every", "5m");
  const changed = await add(options, "often", "--at", "2999-06-01T12:00", "--zone", "UTC");
  assert.equal(changed.disposition, "changed");
  assert.deepEqual([changed.previous?.every, changed.previous?.job], [300_000, "report"]);
  assert.deepEqual(
    [changed.schedule.at, changed.schedule.every],
    [Date.parse("2999-06-01T12:00Z"), undefined],
  );
  const said = ["often", "--every", "1h", "--job", "report", "--paused"];
  const { stdout } = await inside(options, "schedules", "add", ...said);
  assert.equal(stdout, "often changed: it is paused\n");
  const cron = ["--cron", "0 12 1 1 * 2998", "--zone", "Asia/Tokyo", "--job", "report"];
  const refused = await faultOf(options, "schedules", "add", "often", ...cron);
  assert.equal(refused.code, "ERR_ERGATE_SCHEDULE", "2998 is past what an expression may name");
  assert.equal(
    (await answerOf<StoredSchedule>(options, "schedules", "show", "often")).every,
    3_600_000,
  );
});

test("a bad field is refused with its option, the reason and the column", async (t) => {
  const options = await known(t);
  const refused: [string[], string, string, RegExp][] = [
    [["--cron", "61 * * * *"], "ERR_ERGATE_SCHEDULE", "--cron", /^--cron .*minute 61 .*column 1$/],
    [["--cron", "0 0 * * MOO"], "ERR_ERGATE_SCHEDULE", "--cron", /column 9$/],
    [["--every", "5m", "--zone", "Mars/One"], "ERR_ERGATE_SCHEDULE", "--zone", /no such time zone/],
    [["--at", "2030-02-30"], "ERR_ERGATE_SCHEDULE", "--at", /^--at is "2030-02-30"/],
    [["--every", "1ms"], "ERR_ERGATE_OPTION", "--every", /10 ms or longer/],
    [["--every", "5m", "--jitter", "5m"], "ERR_ERGATE_OPTION", "--jitter", /must be below/],
    [["--every", "5m", "--missed", "all(0)"], "ERR_ERGATE_OPTION", "--missed", /all\(1\) to/],
  ];
  for (const [given, code, path, message] of refused) {
    const fault = await faultOf(options, "schedules", "add", "x", "--job", "report", ...given);
    assert.deepEqual([fault.exit, fault.code, fault.path], [1, code, path]);
    assert.match(fault.message, message);
  }
  const unknown = await faultOf(
    options,
    "schedules",
    "add",
    "x",
    "--every",
    "1h",
    "--job",
    "novel",
  );
  assert.deepEqual(
    [unknown.exit, unknown.code, unknown.path],
    [1, "ERR_ERGATE_JOB_UNKNOWN", "--job"],
  );
  const named = await faultOf(
    options,
    "schedules",
    "add",
    "a b",
    "--every",
    "1h",
    "--job",
    "report",
  );
  assert.deepEqual([named.exit, named.code, named.path], [1, "ERR_ERGATE_SCHEDULE", "NAME"]);
  assert.deepEqual(await answerOf(options, "schedules", "ls"), { items: [] });
});

test("schedules ls pages by name and shows next times by each one's own clock", async (t) => {
  const options = await known(t);
  await add(options, "b", "--at", "2999-07-01T03:00", "--zone", "Europe/Berlin");
  await add(options, "a", "--every", "90s", "--paused");
  await add(options, "c", "--cron", "@hourly", "--zone", "UTC");
  const first = await answerOf<Page<StoredSchedule>>(options, "schedules", "ls", "--limit", "2");
  assert.deepEqual(namesOf(first), ["a", "b"]);
  const cursor = ["--cursor", first.next ?? ""];
  const rest = await answerOf<Page<StoredSchedule>>(options, "schedules", "ls", ...cursor);
  assert.deepEqual([namesOf(rest), rest.next], [["c"], undefined]);
  const { stdout, stderr } = await inside(options, "schedules", "ls", "--limit", "2");
  const [head = "", a = "", b = ""] = stdout.split("\n");
  assert.match(head, /^NAME +WHEN +ZONE +JOB +NEXT +LAST +RUNNING +PAUSED$/);
  assert.match(a, /^a +every 90s +\S+ +report +- +- +0 +paused$/);
  const at = "2999-07-01 03:00:00 \\+02:00";
  assert.match(b, new RegExp(`^b +at ${at} +Europe/Berlin +report +${at} +- +0 +-$`));
  assert.match(stderr, /^there are more: --cursor \S+\n$/);
});

test("schedules are paused, resumed and removed by name, several at once", async (t) => {
  const options = await known(t);
  for (const name of ["a", "b"]) await add(options, name, "--every", "1h");
  const both = { changed: 2, items: ["a", "b"].map((name) => ({ name, changed: true })) };
  assert.deepEqual(await answerOf(options, "schedules", "pause", "a", "b"), both);
  const again = await inside(options, "schedules", "pause", "a");
  assert.deepEqual([again.code, again.stdout], [0, "0 schedules paused\n"]);
  assert.match((await inside(options, "schedules", "show", "a")).stdout, /^paused +paused$/m);
  assert.deepEqual(await answerOf(options, "schedules", "resume", "b", "a"), {
    changed: 2,
    items: [both.items[1], both.items[0]],
  });
  await add(options, "c", "--every", "1h");
  const ended = await inside(options, "schedules", "end", "c");
  assert.deepEqual([ended.code, ended.stdout], [0, "1 schedule ended\n"]);
  assert.match((await inside(options, "schedules", "show", "c")).stdout, /^end +\d/m);
  assert.equal((await inside(options, "schedules", "end", "c")).stdout, "0 schedules ended\n");
  await inside(options, "schedules", "rm", "c");
  const part = await inside(options, "schedules", "rm", "none", "a");
  assert.deepEqual([part.code, part.stdout], [1, "1 schedule removed\n"]);
  assert.match(part.stderr, /there is no schedule named "none" \(ERR_ERGATE_SCHEDULE_UNKNOWN\)/);
  assert.deepEqual(namesOf(await answerOf<Page<StoredSchedule>>(options, "schedules", "ls")), [
    "b",
  ]);
  for (const verb of ["show", "pause", "resume", "rm", "end", "trigger", "preview"]) {
    const fault = await faultOf(options, "schedules", verb, "a");
    assert.deepEqual([fault.exit, fault.code], [1, "ERR_ERGATE_SCHEDULE_UNKNOWN"], verb);
  }
});

test("schedules trigger beside a running process prints the run, with --wait once it is over", async (t) => {
  const options = await known(t);
  const gate = signal();
  const entered = signal();
  let calls = 0;
  const job = defineJob("report", {
    maxAttempts: 1,
    async run() {
      if (++calls > 1) throw new Error("no paper");
      entered.resolve();
      await gate.promise;
    },
  });
  const runtime = await createRuntime({ storage: options.file, jobs: [job], threads: 1 });
  let queued: ReturnType<typeof inside> | undefined;
  t.after(async () => {
    gate.resolve();
    // It would wait for ever, and this process with it.
    await queued;
    await runtime.stop({ graceMs: 0 });
  });
  await runtime.start();
  await add(options, "nightly", "--at", "2999-01-01", "--overlap", "queue-one");
  const first = await answerOf<Run>(options, "schedules", "trigger", "nightly");
  assert.deepEqual([first.trigger, first.schedule, first.job], ["manual", "nightly", "report"]);
  await entered.promise;
  queued = inside(options, "schedules", "trigger", "nightly", "--wait");
  await untilRuns(runtime, 2);
  const skipped = await inside(options, "schedules", "trigger", "nightly");
  assert.deepEqual([skipped.code, /skipped: queued\n$/.test(skipped.stdout)], [1, true]);
  const beside = ["trigger", "nightly", "--overlap", "allow", "--wait"];
  const died = await inside(options, "schedules", ...beside);
  assert.equal(died.code, 1);
  assert.match(died.stdout, /^run \S+ \(job \S+\) dead: no paper\n$/);
  gate.resolve();
  assert.equal((await queued).code, 1);
  const { items } = await answerOf<Page<Run>>(options, "schedules", "history", "nightly");
  const outcomes = items.map(({ outcome }) => outcome).sort();
  assert.deepEqual(outcomes, ["completed", "dead", "dead", "skipped"]);
  assert.equal(items.at(-1)?.id, first.id);
});

test("schedules trigger --wait exits 0 with a run that completed", async (t) => {
  const options = await known(t);
  const runtime = await createRuntime({ storage: options.file, jobs: [report], threads: 1 });
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  await add(options, "nightly", "--at", "2999-01-01", "--paused");
  const run = await answerOf<Run>(options, "schedules", "trigger", "nightly", "--wait");
  const { planAt, scheduleAt, startAt = 0, endAt = 0 } = run;
  assert.deepEqual([run.outcome, run.attempt], ["completed", 1]);
  assert.ok(planAt <= scheduleAt && scheduleAt <= startAt && startAt <= endAt);
});

test("schedules preview shows an expression's next times, also where the clocks are set", async (t) => {
  const cwd = tempFolder(t);
  const berlin = ["--zone", "Europe/Berlin", "--count", "3"];
  const spring = ["preview", "30 2 * * *", ...berlin, "--from", "2026-03-28T00:00"];
  assert.equal(
    (await inside({ cwd }, "schedules", ...spring)).stdout,
    "2026-03-28 02:30:00 +01:00\n2026-03-29 03:00:00 +02:00\n2026-03-30 02:30:00 +02:00\n",
  );
  const autumn = ["preview", "30 2 * * *", ...berlin, "--from", "2026-10-24T12:00Z"];
  assert.deepEqual(await answerOf({ cwd }, "schedules", ...autumn), {
    zone: "Europe/Berlin",
    items: [
      { at: "2026-10-25T00:30:00.000Z", local: "2026-10-25 02:30:00 +02:00" },
      { at: "2026-10-26T01:30:00.000Z", local: "2026-10-26 02:30:00 +01:00" },
      { at: "2026-10-27T01:30:00.000Z", local: "2026-10-27 02:30:00 +01:00" },
    ],
  });
  const every = ["--every", "90m", "--from", "0", "--count", "2", "--zone", "America/St_Johns"];
  assert.equal(
    (await inside({ cwd }, "schedules", "preview", ...every)).stdout,
    "1969-12-31 22:00:00 -03:30\n1969-12-31 23:30:00 -03:30\n",
  );
  const past = await inside({ cwd }, "schedules", "preview", "--at", "2001-01-01");
  assert.deepEqual([past.code, past.stdout], [0, "no more times\n"]);
  const wrong = await faultOf({ cwd }, "schedules", "preview", "* * 30 2 *", "--from", "soon");
  assert.deepEqual([wrong.exit, wrong.path], [1, "--from"]);
});

test("schedules preview of a name goes by its zone, and by what `every` counts from", async (t) => {
  const options = await known(t);
  await add(options, "nightly", "--cron", "0 3 * * *", "--zone", "Asia/Tokyo", "--jitter", "1h");
  const from = ["--from", "2030-01-01T00:00", "--count", "1"];
  const tokyo = await inside(options, "schedules", "preview", "nightly", ...from);
  assert.equal(tokyo.stdout, "2030-01-01 03:00:00 +09:00\n");
  const shown = await inside(options, "schedules", "preview", "nightly", "--zone", "UTC", ...from);
  assert.equal(shown.stdout, "2030-01-01 18:00:00 +00:00\n");
  const { schedule } = await add(options, "often", "--every", "7m");
  const { items } = await answerOf<{ items: { at: string }[] }>(
    options,
    "schedules",
    "preview",
    "often",
  );
  const passed = items.map(({ at }) => (Date.parse(at) - schedule.createdAt) / 420_000);
  assert.deepEqual(passed, [1, 2, 3, 4, 5]);
});

test("schedules history tells of runs and of skipped times, those of one reason in one line", async (t) => {
  const options = await known(t);
  const storage = options.file;
  const clock = { ...systemClock, now: () => systemClock.now() - 3 * day - 600_000 };
  const before = await createRuntime({ storage, jobs: [report], clock, threads: 1 });
  await before.schedules.upsert("often", { every: "30m", job: report });
  await before.stop();
  const runtime = await createRuntime({ storage, jobs: [report], threads: 1 });
  t.after(() => runtime.stop({ graceMs: 0 }));
  const done = runtime.events({ types: ["completed"] }).next();
  await runtime.start();
  const jobId = (await done).value?.id;
  const page = await answerOf<Page<Run>>(options, "schedules", "history", "often", "--limit", "3");
  const [ran, coalesced, missed] = page.items.sort((one, other) => other.planAt - one.planAt);
  assert.deepEqual([ran?.jobId, ran?.trigger, ran?.outcome], [jobId, "catch-up", "completed"]);
  assert.deepEqual([coalesced?.skipReason, missed?.skipReason], ["coalesced", "window"]);
  const { stdout } = await inside(options, "schedules", "history");
  assert.match(stdout, /^PLAN +SCHEDULE +START +END +NAME +TRIGGER +OUTCOME +ATTEMPT +WORKER/);
  assert.match(stdout, /(\S+ \S+ +){4}often +catch-up +completed +1 +\S+ +-\n/);
  assert.match(stdout, / often +cron +skipped: window, 9\d times until 2\d{3}-\S+ \S+ +- +- +-\n/);
  assert.equal((await inside(options, "schedules", "history", "none")).stdout, "no runs\n");
});

/** A look each turn of the loop at what another command does. */
async function untilRuns({ schedules }: Runtime, count: number): Promise<void> {
  while ((await schedules.runs()).items.length < count) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function namesOf({ items }: Page<StoredSchedule>): string[] {
  return items.map(({ name }) => name);
}
