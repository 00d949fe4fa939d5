import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import type { Lock } from "../../lib/client/locks.ts";
import type { Worker } from "../../lib/client/workers.ts";
import type { ErrorGroup, Job, Page, Receipt } from "../../lib/job/job.ts";
import type { QueueRow } from "../../lib/protocol/query.ts";
import { signal } from "../actors/kit.ts";
import { answerOf, faultOf, inside, type RunOptions, tempFolder } from "./ergate.ts";

/** A folder whose ergate.db holds jobs that nobody runs. */
async function withJobs(t: TestContext, count: number): Promise<RunOptions & { ids: string[] }> {
  const options = { cwd: tempFolder(t) };
  const ids: string[] = [];
  for (let at = 1; at <= count; at++) {
    const args = ["enqueue", "mail", `{"number":${at}}`, "--allow-unknown", "--tag", `tag${at}`];
    ids.push((await answerOf<Receipt>(options, ...args)).id);
  }
  return { ...options, ids };
}

test("enqueue prints the receipt of a job that is on disk, with its options", async (t) => {
  const options = { cwd: tempFolder(t) };
  const args = ["enqueue", "mail", "-", "--allow-unknown", "--delay", "5m", "--id", "m-1"];
  const more = [
    "--queue",
    "post",
    "--priority=-3",
    "--max-attempts",
    "7",
    "--tag",
    "a",
    "--tag",
    "b",
  ];
  const receipt = await answerOf<Receipt>({ ...options, input: '{"to":"ü"}' }, ...args, ...more);
  assert.deepEqual(receipt, {
    id: "m-1",
    disposition: "created",
    state: "scheduled",
    durability: "fsync",
  });
  const job = await answerOf<Job>(options, "jobs", "show", "m-1");
  assert.deepEqual(job.args, { to: "ü" });
  assert.deepEqual([job.queue, job.priority, job.maxAttempts], ["post", -3, 7]);
  assert.deepEqual(job.tags, ["a", "b"]);
  assert.equal(job.runAt - job.createdAt >= 299_000, true);
  const again = await inside({ ...options, input: '{"to":"ü"}' }, ...args, ...more);
  assert.match(again.stdout, /^duplicate m-1 \(scheduled, fsync\)\n$/);
});

test("enqueue makes unique jobs, and retry --all says what it skips", async (t) => {
  const options = { cwd: tempFolder(t) };
  const add = (...more: string[]) =>
    answerOf<Receipt>(options, "enqueue", "mail", '{"to":"a","n":1}', "--allow-unknown", ...more);
  const { id } = await add("--unique");
  assert.deepEqual(
    [(await add("--unique")).id, (await add("--unique-by", "to")).id !== id],
    [id, true],
  );
  const keyed = ["--unique-key", "k", "--unique-until", "1h", "--on-conflict", "replace"];
  const first = await add(...keyed, "--delay", "1h");
  const moved = await add(...keyed, "--replace-time");
  assert.deepEqual(moved, { ...first, disposition: "replaced", state: "available" });
  const refused = ["enqueue", "mail", "{}", "--unique-key", "k", "--on-conflict", "reject"];
  const fault = await faultOf(options, ...refused, "--allow-unknown");
  assert.equal(fault.code, "ERR_ERGATE_DUPLICATE");
  await inside(options, "jobs", "cancel", id);
  const holder = await add("--unique");
  const taken = await faultOf(options, "jobs", "retry", id);
  assert.equal(taken.code, "ERR_ERGATE_UNIQUE_TAKEN");
  assert.match(taken.message, new RegExp(holder.id));
  const all = ["jobs", "retry", "--all", "--state", "cancelled"];
  assert.deepEqual(await answerOf(options, ...all), { changed: 0, taken: 1 });
  const said = await inside(options, ...all);
  assert.match(said.stdout, /^0 jobs will run; 1 job skipped: their unique key is held\n$/);
});

test("enqueue refuses a name that nobody registered", async (t) => {
  const fault = await faultOf({ cwd: tempFolder(t) }, "enqueue", "mail");
  assert.deepEqual([fault.exit, fault.code], [1, "ERR_ERGATE_JOB_UNKNOWN"]);
});

test("jobs ls pages newest first, filters, and prints a table for people", async (t) => {
  const options = await withJobs(t, 3);
  const first = await answerOf<Page<Job>>(options, "jobs", "ls", "--limit", "2");
  assert.deepEqual(idsOf(first), [options.ids[2], options.ids[1]]);
  const next = ["--cursor", first.next as string];
  const [second, tagged, none, text] = await Promise.all([
    answerOf<Page<Job>>(options, "jobs", "ls", "--limit", "2", ...next),
    answerOf<Page<Job>>(options, "jobs", "ls", "--tag", "tag2", "--state", "available,dead"),
    answerOf<Page<Job>>(options, "jobs", "ls", "--state", "dead"),
    inside(options, "jobs", "ls", "--limit", "2"),
  ]);
  assert.deepEqual(idsOf(second), [options.ids[0]]);
  assert.deepEqual(idsOf(tagged), [options.ids[1]]);
  assert.deepEqual(none, { items: [] });
  const [head, row, ...rest] = text.stdout.split("\n");
  assert.match(head as string, /^ID +NAME +QUEUE +STATE +ATTEMPT +CREATED/);
  assert.match(
    row as string,
    new RegExp(`^${options.ids[2]}  mail +mail +available +0/4 +2\\d{3}-`),
  );
  assert.equal(rest.length, 2);
  assert.match(text.stderr, /^there are more: --cursor \S+\n$/);
});

test("jobs cancel, retry, stop and rm move jobs by id and by filter", async (t) => {
  const options = await withJobs(t, 3);
  const [one, two, three] = options.ids as [string, string, string];
  const cancelled = await answerOf(options, "jobs", "cancel", one, two, "--reason", "not now");
  assert.deepEqual(cancelled, {
    changed: 2,
    items: [
      { id: one, changed: true },
      { id: two, changed: true },
    ],
  });
  assert.equal((await answerOf<Job>(options, "jobs", "show", one)).reason, "not now");
  const fault = await faultOf(options, "jobs", "cancel", one);
  assert.deepEqual([fault.exit, fault.code], [1, "ERR_ERGATE_JOB_STATE"]);
  const all = await answerOf(options, "jobs", "retry", "--all", "--state", "cancelled");
  assert.deepEqual(all, { changed: 2 });
  assert.deepEqual(await answerOf(options, "jobs", "stop", "--all", "--tag", "tag1"), {
    changed: 1,
  });
  const stopped = { changed: 0, items: [{ id: one, changed: false }] };
  assert.deepEqual(await answerOf(options, "jobs", "stop", one), stopped);
  assert.match((await inside(options, "jobs", "rm", one, three)).stdout, /^2 jobs deleted\n$/);
  const missing = await faultOf(options, "jobs", "show", one);
  assert.deepEqual([missing.exit, missing.code], [1, "ERR_ERGATE_JOB_NOT_FOUND"]);
  assert.deepEqual(idsOf(await answerOf<Page<Job>>(options, "jobs", "ls")), [two]);
});

test("jobs errors groups the dead by what they died of; --error moves a group", async (t) => {
  const options = { cwd: tempFolder(t) };
  const job = defineJob("mail", {
    maxAttempts: 1,
    run: (args: string) => Promise.reject(new Error(args)),
  });
  const runtime = await createRuntime({ storage: join(options.cwd, "ergate.db"), jobs: [job] });
  await runtime.enqueueMany(["no user 1", "no user 2", "full"].map((args) => ({ job, args })));
  await runtime.start();
  await runtime.queues.drain();
  await runtime.stop();
  const groups = await answerOf<Page<ErrorGroup>>(options, "jobs", "errors");
  assert.deepEqual(
    groups.items.map(({ count }) => count),
    [2, 1],
  );
  const [first] = groups.items;
  const text = (await inside(options, "jobs", "errors")).stdout;
  assert.match(text, /^FINGERPRINT +JOBS +NEWEST[^\n]+\n[0-9a-f]{12} +2 .* mail +no user \d\n/);
  const error = ["--error", first?.fingerprint ?? ""];
  assert.equal((await answerOf<Page<Job>>(options, "jobs", "ls", ...error)).items.length, 2);
  const aged = ["--state", "dead", "--since", "1h", "--until", "2999-01-01"];
  assert.equal((await answerOf<Page<Job>>(options, "jobs", "ls", ...aged)).items.length, 3);
  const full = await answerOf<Page<Job>>(options, "jobs", "ls", "--text", "FULL");
  assert.equal(full.items.length, 1);
  const retried = await answerOf(options, "jobs", "retry", "--all", ...error);
  assert.deepEqual(retried, { changed: 2 });
  const wrong = await inside(options, "jobs", "ls", "--since", "yesterday");
  assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
});

test("queues are listed, paused, resumed and purged", async (t) => {
  const options = await withJobs(t, 2);
  const paused = { queue: "mail", changed: true };
  assert.deepEqual(await answerOf(options, "queues", "pause", "mail"), paused);
  const again = await inside(options, "queues", "pause", "mail");
  assert.equal(again.stdout, "mail was paused already\n");
  const listed = await inside(options, "queues", "ls");
  assert.match(listed.stdout, /^QUEUE +PAUSED +SCHEDULED[^\n]+\nmail +paused +0 +2 +0/);
  assert.deepEqual(await answerOf(options, "queues", "resume", "mail"), paused);
  const { items } = await answerOf<{ items: { name: string; counts: object }[] }>(
    options,
    "queues",
    "ls",
  );
  assert.deepEqual(
    items.map(({ name }) => name),
    ["mail"],
  );
  const purged = await answerOf(options, "queues", "purge", "mail");
  assert.deepEqual(purged, { queue: "mail", deleted: 2 });
});

test("queues configure sets what is given, takes limits away, and shows in queues ls", async (t) => {
  const options = await withJobs(t, 1);
  const configure = (...args: string[]) =>
    answerOf(options, "queues", "configure", "mail", ...args);
  const changed = { queue: "mail", changed: true };
  const given = ["--weight", "5", "--concurrency", "3", "--rate", "10/1s", "--max-depth", "7"];
  assert.deepEqual(await configure(...given), changed);
  assert.deepEqual(await configure(...given), { ...changed, changed: false });
  assert.deepEqual(await configure("--rate", "500/h"), changed);
  const shown = (await inside(options, "queues", "ls")).stdout;
  assert.match(shown, /WEIGHT +CONCURRENCY +RATE +MAX-DEPTH\n/);
  assert.match(shown, /^mail .* 5 +3 +500\/1h +7$/m);
  const none = ["--concurrency", "none", "--rate", "none", "--max-depth", "none"];
  assert.deepEqual(await configure(...none), changed);
  assert.match((await inside(options, "queues", "ls")).stdout, /^mail .* 5 +- +- +-$/m);
  for (const wrong of [[], ["--rate", "fast"], ["--weight", "0"], ["--max-depth", "-1"]]) {
    assert.equal((await inside(options, "queues", "configure", "mail", ...wrong)).code, 2);
  }
  const fault = await faultOf(options, "queues", "configure", "mail", "--rate", "1/5x");
  assert.deepEqual([fault.exit, fault.code], [1, "ERR_ERGATE_DURATION"]);
});

test("queues pause takes a time after which the queue goes on", async (t) => {
  const options = await withJobs(t, 1);
  await answerOf(options, "queues", "pause", "mail", "--for", "2h");
  const [row] = (await answerOf<{ items: QueueRow[] }>(options, "queues", "ls")).items;
  assert.equal((row?.pausedUntil ?? 0) - (row?.pausedAt ?? 0), 7_200_000);
  assert.match((await inside(options, "queues", "ls")).stdout, /^mail +until 2\d{3}-/m);
  assert.equal((await inside(options, "queues", "pause", "mail", "--for", "soon")).code, 2);
});

test("jobs why says in a sentence what a job waits for", async (t) => {
  const options = await withJobs(t, 1);
  const [id = ""] = options.ids;
  const sentence = "No worker is alive: it waits until one starts.";
  assert.equal((await inside(options, "jobs", "why", id)).stdout, `${sentence}\n`);
  const why = await answerOf(options, "jobs", "why", id);
  assert.deepEqual(why, { sentence, facts: { type: "noWorker" } });
  assert.equal((await faultOf(options, "jobs", "why", "none")).code, "ERR_ERGATE_JOB_NOT_FOUND");
});

test("workers --busy lists what runs, and queues ls and doctor what no worker knows", async (t) => {
  const options = { cwd: tempFolder(t) };
  const entered = signal();
  const gate = signal();
  const job = defineJob("mail", {
    redact: ["token"],
    run: () => {
      entered.resolve();
      return gate.promise;
    },
  });
  const storage = join(options.cwd, "ergate.db");
  const runtime = await createRuntime({ storage, jobs: [job], threads: 1 });
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  const { id } = await runtime.enqueue(job, { token: "secret" });
  await runtime.enqueue("novel", {}, { allowUnknown: true });
  await entered.promise;
  const [worker] = await answerOf<Worker[]>(options, "workers");
  assert.deepEqual([worker?.status, worker?.busy, worker?.jobs], ["healthy", 1, ["mail"]]);
  const busy = await inside(options, "workers", "--busy");
  assert.match(busy.stdout, new RegExp(`^WORKER[^\\n]+\\n${worker?.id}  ${id}  mail .*redacted`));
  assert.doesNotMatch(busy.stdout, /secret/);
  assert.match((await inside(options, "queues", "ls")).stdout, /^novel .* 1 +0 +1 +- +- +-$/m);
  const doctor = (await inside(options, "doctor")).stdout;
  assert.match(doctor, /warning: queue novel has 1 job whose name no worker knows/);
  gate.resolve();
});

test("stats, workers, doctor and backup look at the file and leave it as it is", async (t) => {
  const options = await withJobs(t, 2);
  const [stats, workers, report, text, backup] = await Promise.all([
    answerOf<{ counts: { available: number } }>(options, "stats"),
    answerOf<unknown[]>(options, "workers"),
    answerOf<{ ok: boolean; health: { durability: string }; findings: [] }>(options, "doctor"),
    inside(options, "doctor"),
    answerOf<{ file: string; bytes: number }>(options, "backup", "copy.db"),
  ]);
  assert.equal(stats.counts.available, 2);
  assert.deepEqual(workers, []);
  assert.deepEqual([report.ok, report.health.durability, report.findings], [true, "fsync", []]);
  assert.match(
    text.stdout,
    /^file .*\nengine +\S+ \d+\.\d+\.\d+, schema \d+\n.*integrity +ok\n.*\nok\n$/s,
  );
  assert.equal(existsSync(join(options.cwd, "copy.db")), true);
  assert.ok(backup.bytes > 0);
  const copied = await answerOf<{ counts: Record<string, number> }>(
    options,
    "stats",
    "--db",
    "copy.db",
  );
  assert.equal(copied.counts.available, 2);
  assert.equal((await faultOf(options, "backup", "copy.db")).code, "ERR_ERGATE_STORE_OPEN");
});

test("another namespace, and ERGATE_DB", async (t) => {
  const options = await withJobs(t, 1);
  const env = { ERGATE_DB: join(options.cwd, "ergate.db") };
  const elsewhere = { cwd: tempFolder(t), env };
  assert.equal((await answerOf<Page<Job>>(elsewhere, "jobs", "ls")).items.length, 1);
  const other = await answerOf<Page<Job>>(elsewhere, "jobs", "ls", "--namespace", "other");
  assert.deepEqual(other, { items: [] });
});

function idsOf(page: Page<Job>): string[] {
  return page.items.map(({ id }) => id);
}

test("locks ls lists who holds what, page by page", async (t) => {
  const options = await withJobs(t, 1);
  assert.match((await inside(options, "locks", "ls")).stdout, /^no locks\n$/);
  const runtime = await createRuntime({ storage: join(options.cwd as string, "ergate.db") });
  t.after(() => runtime.stop());
  const lease = await runtime.locks.acquire("ledger");
  await runtime.locks.acquire("stock");
  const page = await answerOf<Page<Lock>>(options, "locks", "ls", "--limit", "1");
  assert.deepEqual([page.items[0]?.name, page.items[0]?.fence], ["ledger", lease.fence]);
  const rest = await answerOf<Page<Lock>>(options, "locks", "ls", "--cursor", page.next as string);
  assert.deepEqual([rest.items.map(({ name }) => name), rest.next], [["stock"], undefined]);
  const said = await inside(options, "locks", "ls");
  assert.match(said.stdout, /^LOCK +FENCE +SINCE +EXPIRES +HOLDER\nledger .*pid \d+\nstock /);
});
