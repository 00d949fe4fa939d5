import assert from "node:assert/strict";
import type { NewJob } from "../../../lib/job/job.ts";
import type { RunTrigger } from "../../../lib/job/run.ts";
import type { Firing, FiringSlot, RunRow, SavedSchedule } from "../../../lib/protocol/schedule.ts";
import {
  boom,
  caseList,
  claim,
  claimOne,
  completed,
  discarded,
  end,
  enqueue,
  hour,
  job,
  keptRuns,
  type Member,
  member,
  one,
  retry,
  settle,
  settlement,
  t0,
  uniqueKey,
} from "../kit.ts";

/** Schedules: saved, fired once a due time, and what is on record of their runs. */
const { cases, check } = caseList();
export const scheduleCases = cases;

const minute = 60_000;

function saved(name: string, change: Partial<SavedSchedule> = {}): SavedSchedule {
  const times = { createdAt: t0, lastPlanned: t0, nextAt: t0 + minute };
  const nothing = { declared: undefined, skips: [], stops: undefined };
  return { name, spec: "{}", replaces: 0, ...nothing, ...times, ...change };
}

async function save(who: Member, ...schedules: SavedSchedule[]) {
  return (await one(who.store, { type: "saveSchedules", schedules, now: t0 })).saves;
}

let runs = 0;

function slot(
  planAt: number,
  change: Partial<NewJob> = {},
  trigger: RunTrigger = "cron",
): FiringSlot {
  const id = `run${++runs}`;
  const times = { planAt, scheduleAt: planAt + 5 };
  const run = { id, schedule: "nightly", trigger, ...times, isCommand: false };
  const made = job(`job${runs}`, { ...change, run });
  return { run, dueAt: planAt, name: "mail", job: made, refused: undefined };
}

function firing(expect: Firing["expect"], slots: FiringSlot[], change: Partial<Firing> = {}) {
  const planned = slots.at(-1)?.run.planAt ?? t0;
  const times = { lastPlanned: planned, nextAt: planned + minute };
  const policy = { overlap: "skip", deadlineMs: undefined } as const;
  return { name: "nightly", expect, ...policy, slots, skips: [], ...times, ...change } as Firing;
}

async function fire(who: Member, firings: readonly Firing[], now = t0 + minute) {
  return one(who.store, { type: "fire", firings, now });
}

/** What becomes of the slots of a firing of a schedule that says what it should. */
async function fates(who: Member, slots: FiringSlot[], change: Partial<Firing> = {}, now?: number) {
  const row = await who.store.read({ type: "schedule", name: "nightly" });
  assert.ok(row);
  const { revision, lastPlanned } = row;
  const answer = await fire(who, [firing({ revision, lastPlanned }, slots, change)], now);
  const [fired] = answer.firings;
  assert.ok(fired?.type === "fired");
  return fired.runs.map((fate) => (fate.type === "skipped" ? fate.reason : fate.type));
}

async function history(who: Member, schedule = "nightly"): Promise<readonly RunRow[]> {
  const page = { type: "runs", schedule, job: undefined, cursor: undefined, limit: 100 } as const;
  return (await who.store.read(page)).items;
}

const told = ({ planAt, outcome, skipReason, trigger }: RunRow) => [
  (planAt - t0) / minute,
  trigger,
  skipReason ?? outcome,
];

async function withSchedule(storage: Parameters<typeof member>[0]): Promise<Member> {
  const who = await member(storage, "a");
  await save(who, saved("nightly"));
  return who;
}

async function completeAll(who: Member, at = t0 + 1): Promise<void> {
  for (const run of await claim(who)) {
    await settle(who, settlement(run, completed, { startedAt: at, finishedAt: at }));
  }
}

check("a schedule is saved only over the revision that it replaces", async (storage) => {
  const who = await member(storage, "a");
  const [first] = await save(who, saved("nightly", { spec: "1" }));
  assert.ok(first?.type === "saved");
  assert.deepEqual(await save(who, saved("nightly")), [{ type: "changed" }]);
  const over = saved("nightly", { spec: "2", replaces: first.revision, declared: "code" });
  const [second] = await save(who, over);
  assert.ok(second?.type === "saved" && second.revision > first.revision);
  const byHand = saved("nightly", { spec: "3", replaces: second.revision });
  await save(who, byHand);
  const row = await who.store.read({ type: "schedule", name: "nightly" });
  assert.deepEqual([row?.spec, row?.declared, row?.nextAt], ["3", "code", t0 + minute]);
  assert.equal(await who.store.read({ type: "schedule", name: "none" }), undefined);
});

check("a schedule with a time that is due is not saved over it", async (storage) => {
  const who = await member(storage, "a");
  const [first] = await save(who, saved("nightly"));
  assert.ok(first?.type === "saved");
  const schedules = [saved("nightly", { replaces: first.revision, nextAt: t0 + hour })];
  const late = { type: "saveSchedules", schedules, now: t0 + minute } as const;
  assert.deepEqual((await one(who.store, late)).saves, [{ type: "changed" }]);
  const early = { ...late, now: t0 + minute - 1 };
  assert.equal((await one(who.store, early)).saves[0]?.type, "saved");
});

check(
  "schedules are listed by name, a page at a time, and only of one's own namespace",
  async (s) => {
    const who = await member(s, "a");
    const other = await member(s, "b", { namespace: "other" });
    await save(who, saved("c"), saved("a"), saved("b"));
    await save(other, saved("x"));
    const first = await who.store.read({
      type: "schedules",
      removed: false,
      cursor: undefined,
      limit: 2,
    });
    assert.deepEqual(
      first.items.map(({ name }) => name),
      ["a", "b"],
    );
    const second = await who.store.read({
      type: "schedules",
      removed: false,
      cursor: first.next,
      limit: 2,
    });
    assert.deepEqual([second.items.map(({ name }) => name), second.next], [["c"], undefined]);
    const others = await other.store.read({
      type: "schedules",
      removed: false,
      cursor: undefined,
      limit: 9,
    });
    assert.deepEqual(
      others.items.map(({ name }) => name),
      ["x"],
    );
  },
);

check("what is due is read by its time, with when the next is", async (storage) => {
  const who = await member(storage, "a");
  const at = (name: string, nextAt: number | undefined) => saved(name, { nextAt });
  await save(who, at("b", t0 + 20), at("a", t0 + 10), at("c", t0 + 30), at("never", undefined));
  const due = async (now: number, limit: number) => {
    const { rows, nextAt, waiting } = await who.store.read({ type: "due", now, limit });
    return [rows.map(({ name }) => name), nextAt && nextAt - t0, waiting];
  };
  assert.deepEqual(await due(t0 + 9, 9), [[], 10, false]);
  assert.deepEqual(await due(t0 + 20, 9), [["a", "b"], 30, false]);
  assert.deepEqual(await due(t0 + 30, 2), [["a", "b"], 30, false]);
  assert.deepEqual(await due(t0 + 30, 9), [["a", "b", "c"], undefined, false]);
});

check("a due time is fired once, whoever comes second", async (storage) => {
  const who = await withSchedule(storage);
  const other = await member(storage, "b");
  const row = await who.store.read({ type: "schedule", name: "nightly" });
  assert.ok(row);
  const expect = { revision: row.revision, lastPlanned: row.lastPlanned };
  const both = [who, other].map((each) => fire(each, [firing(expect, [slot(t0 + minute)])]));
  const answers = (await Promise.all(both)).map(({ firings }) => firings[0]?.type);
  assert.deepEqual(answers.sort(), ["fired", "stale"]);
  assert.equal(await who.store.read({ type: "count", filter: {} }), 1);
  const after = await who.store.read({ type: "schedule", name: "nightly" });
  assert.deepEqual([after?.lastPlanned, after?.nextAt], [t0 + minute, t0 + 2 * minute]);
});

check("a schedule made anew does not fire again what its old one did", async (storage) => {
  const who = await withSchedule(storage);
  assert.deepEqual(await fates(who, [slot(t0 + minute)]), ["enqueued"]);
  await completeAll(who);
  const row = await who.store.read({ type: "schedule", name: "nightly" });
  const gone = [{ name: "nightly", revision: row?.revision ?? 0 }];
  assert.deepEqual(
    await one(who.store, { type: "removeSchedules", forget: false, schedules: gone }),
    {
      removed: [true],
    },
  );
  await save(who, saved("nightly"));
  assert.deepEqual(await fates(who, [slot(t0 + minute)]), []);
  assert.equal((await history(who)).length, 1);
});

check("a run tells its four times in order, its job, worker and outcome", async (storage) => {
  const who = await withSchedule(storage);
  const fired = slot(t0 + minute);
  await fates(who, [fired]);
  const [waits] = await history(who);
  assert.deepEqual(
    [waits?.jobId, waits?.outcome, waits?.startAt],
    [fired.job?.id, undefined, undefined],
  );
  const run = await claimOne(who, t0 + minute + 10);
  assert.deepEqual(run.schedule, { name: "nightly", planAt: t0 + minute });
  const listed = await who.store.read({ type: "schedule", name: "nightly" });
  assert.deepEqual([listed?.running, listed?.lastRun?.id], [1, fired.run.id]);
  const times = { startedAt: t0 + minute + 20, finishedAt: t0 + minute + 30 };
  await settle(who, settlement(run, completed, times));
  const ended = {
    ...{ id: fired.run.id, jobId: run.id, schedule: "nightly", job: "mail", trigger: "cron" },
    ...{ planAt: t0 + minute, scheduleAt: t0 + minute + 5, startAt: times.startedAt },
    ...{ endAt: times.finishedAt, outcome: "completed", skipReason: undefined, skipped: undefined },
    ...{ error: undefined, attempt: 1, worker: "a", isCommand: false, result: undefined },
  };
  const [done] = await history(who);
  assert.deepEqual(done, { key: done?.key, ...ended });
  assert.deepEqual(await who.store.read({ type: "executions", id: run.id }), [
    {
      ...{ attempt: 1, outcome: "completed", ...times, worker: "a", error: undefined },
      ...{ planAt: t0 + minute, scheduleAt: t0 + minute + 5, trigger: "cron" },
    },
  ]);
  await one(who.store, { type: "delete", ids: [run.id] });
  const [kept] = await history(who);
  assert.deepEqual(kept, { key: done?.key, ...ended });
});

check(
  "a run tells the error of a failed job, and goes on when that is retried",
  async (storage) => {
    const who = await withSchedule(storage);
    await fates(who, [slot(t0 + minute)]);
    const run = await claimOne(who);
    await settle(who, settlement(run, discarded));
    const [dead] = await history(who);
    assert.deepEqual([dead?.outcome, dead?.error], ["dead", boom.message]);
    assert.deepEqual(await fates(who, [slot(t0 + 2 * minute, { runAt: t0 + hour })]), ["enqueued"]);
    await retry(who, run.id);
    const again = (await history(who)).find(({ jobId }) => jobId === run.id);
    assert.equal(again?.outcome, undefined);
    // It runs again: by "skip" that is an earlier run which is not done.
    await end(who, "cancel", (await history(who))[0]?.jobId ?? "");
    assert.deepEqual(await fates(who, [slot(t0 + 3 * minute)]), ["overlap"]);
  },
);

check("overlap skip: a due time beside an earlier run is skipped and recorded", async (storage) => {
  const who = await withSchedule(storage);
  assert.deepEqual(await fates(who, [slot(t0 + minute)]), ["enqueued"]);
  assert.deepEqual(await fates(who, [slot(t0 + 2 * minute)]), ["overlap"]);
  const [run] = await claim(who);
  assert.ok(run);
  assert.deepEqual(await fates(who, [slot(t0 + 3 * minute)]), ["overlap"]);
  await settle(who, settlement(run, completed));
  assert.deepEqual(await fates(who, [slot(t0 + 4 * minute)]), ["enqueued"]);
  assert.deepEqual((await history(who)).map(told), [
    [4, "cron", undefined],
    [3, "cron", "overlap"],
    [2, "cron", "overlap"],
    [1, "cron", "completed"],
  ]);
});

check("overlap skip: a run that was settled without its handler is not done", async (storage) => {
  const who = await withSchedule(storage);
  await fates(who, [slot(t0 + minute)]);
  const run = await claimOne(who);
  await settle(who, settlement(run, discarded, { lingers: true }));
  assert.deepEqual(await fates(who, [slot(t0 + 2 * minute)]), ["overlap"]);
  await one(who.store, { type: "cease", runs: [run] });
  assert.deepEqual(await fates(who, [slot(t0 + 3 * minute)]), ["enqueued"]);
});

check("overlap queue-one: one waits, and runs when the one before it is over", async (storage) => {
  const who = await withSchedule(storage);
  const due = (n: number) => fates(who, [slot(t0 + n * minute)], { overlap: "queue-one" });
  assert.deepEqual(await due(1), ["enqueued"]);
  const run = await claimOne(who);
  assert.deepEqual([await due(2), await due(3)], [["waiting"], ["queued"]]);
  assert.deepEqual(await claim(who), []);
  const advance = { type: "advance", now: t0 + hour, limit: 9 } as const;
  assert.deepEqual((await one(who.store, advance)).firings, [{ type: "fired", runs: [] }]);
  assert.equal((await who.store.read({ type: "due", now: t0, limit: 9 })).waiting, true);
  await settle(who, settlement(run, completed));
  const [fired] = (await one(who.store, advance)).firings;
  assert.deepEqual(fired?.type === "fired" && fired.runs.map(({ type }) => type), ["enqueued"]);
  assert.equal((await who.store.read({ type: "due", now: t0, limit: 9 })).waiting, false);
  assert.deepEqual((await claimOne(who)).schedule, { name: "nightly", planAt: t0 + 2 * minute });
});

check("overlap queue-all: all run, one after the other, in order", async (storage) => {
  const who = await withSchedule(storage);
  for (const n of [1, 2, 3]) await fates(who, [slot(t0 + n * minute)], { overlap: "queue-all" });
  const planned: unknown[] = [];
  for (let round = 0; round < 3; round++) {
    const claimed = await claim(who);
    assert.equal(claimed.length, 1);
    planned.push(((claimed[0]?.schedule?.planAt ?? 0) - t0) / minute);
    for (const run of claimed) await settle(who, settlement(run, completed));
    await one(who.store, { type: "advance", now: t0 + hour, limit: 9 });
  }
  assert.deepEqual(planned, [1, 2, 3]);
});

check("a run that waited past its deadline is skipped", async (storage) => {
  const who = await withSchedule(storage);
  const policy = { overlap: "queue-all", deadlineMs: hour } as const;
  await fates(who, [slot(t0 + minute)], policy);
  await fates(who, [slot(t0 + 2 * minute)], policy);
  await completeAll(who);
  const { firings } = await one(who.store, { type: "advance", now: t0 + 3 * hour, limit: 9 });
  assert.deepEqual(firings[0]?.type === "fired" && firings[0].runs.map(({ type }) => type), [
    "skipped",
  ]);
  assert.deepEqual((await history(who)).map(told)[0], [2, "cron", "deadline"]);
  assert.deepEqual(await fates(who, [slot(t0 + 3 * minute)], policy, t0 + 2 * hour), ["deadline"]);
});

check(
  "overlap cancel-running: what runs is asked, what waits goes, the new one runs",
  async (s) => {
    const who = await withSchedule(s);
    const cancel = { overlap: "cancel-running" } as const;
    await fates(who, [slot(t0 + minute)], cancel);
    assert.deepEqual(await fates(who, [slot(t0 + 2 * minute)], cancel), ["enqueued"]);
    assert.deepEqual((await history(who)).map(told)[1], [1, "cron", "cancelled"]);
    const run = await claimOne(who);
    const row = await who.store.read({ type: "schedule", name: "nightly" });
    const expect = { revision: row?.revision ?? 0, lastPlanned: row?.lastPlanned ?? 0 };
    const { ends } = await fire(who, [firing(expect, [slot(t0 + 3 * minute)], cancel)]);
    assert.deepEqual(ends, [
      { type: "asked", id: run.id, worker: who.worker, seq: run.seq, fence: run.fence },
    ]);
    assert.deepEqual(await fates(who, [slot(t0 + 4 * minute)], cancel), ["waiting"]);
    assert.deepEqual((await history(who)).map(told).slice(0, 2), [
      [4, "cron", undefined],
      [3, "cron", "queued"],
    ]);
    assert.deepEqual(await claim(who), []);
    await settle(who, settlement(run, { type: "released", entered: true }));
    await one(who.store, { type: "advance", now: t0 + hour, limit: 9 });
    assert.equal((await claimOne(who)).schedule?.planAt, t0 + 4 * minute);
  },
);

check("overlap allow: runs go beside each other", async (storage) => {
  const who = await withSchedule(storage);
  const allow = { overlap: "allow" } as const;
  for (const n of [1, 2, 3]) await fates(who, [slot(t0 + n * minute)], allow);
  assert.equal((await claim(who)).length, 3);
  assert.equal((await who.store.read({ type: "schedule", name: "nightly" }))?.running, 3);
});

check("missed times that are made up run one after the other", async (storage) => {
  const who = await withSchedule(storage);
  const missed = [1, 2, 3].map((n) => slot(t0 + n * minute, {}, "catch-up"));
  assert.deepEqual(await fates(who, missed), ["enqueued", "waiting", "waiting"]);
});

check("skipped times are on record, one for many", async (storage) => {
  const who = await withSchedule(storage);
  const times = { from: t0 + minute, until: t0 + 9 * minute, count: 9, more: false };
  const skips = [{ id: "skip", name: "mail", ...times, reason: "missed" } as const];
  assert.deepEqual(await fates(who, [slot(t0 + 10 * minute)], { skips }), ["enqueued"]);
  const [, skipped] = await history(who);
  assert.deepEqual(
    [skipped?.outcome, skipped?.skipReason, skipped?.planAt, skipped?.skipped],
    ["skipped", "missed", t0 + minute, { count: 9, more: false, untilAt: t0 + 9 * minute }],
  );
});

check("a run whose job can't be is skipped with the reason", async (storage) => {
  const who = await member(storage, "a", {
    queues: [{ name: "mail", settings: { maxDepth: 1 }, paused: undefined }],
  });
  await save(who, saved("nightly"));
  const unique = uniqueKey("key");
  await enqueue(who.store, [job("holder", { unique })]);
  const allow = { overlap: "allow" } as const;
  const refused = { ...slot(t0 + minute), job: undefined, refused: "no such job" };
  const slots = [refused, slot(t0 + 2 * minute, { unique }), slot(t0 + 3 * minute)];
  assert.deepEqual(await fates(who, slots, allow), ["refused", "unique", "full"]);
  await end(who, "stop", "holder");
  const queued = [slot(t0 + 4 * minute, { unique, queue: "other" })];
  assert.deepEqual(await fates(who, queued, allow), ["enqueued"]);
  const second = [slot(t0 + 5 * minute, { unique, queue: "other" })];
  assert.deepEqual(await fates(who, second, allow), ["unique"]);
  assert.equal((await history(who)).at(-1)?.error, "no such job");
});

check("by hand a schedule fires beside its times", async (storage) => {
  const who = await withSchedule(storage);
  const manual = () => slot(t0 + minute, {}, "manual");
  const fired = async () => (await fire(who, [firing(undefined, [manual()])])).firings;
  assert.equal((await fired())[0]?.type, "fired");
  await completeAll(who);
  assert.equal((await fired())[0]?.type, "fired");
  const row = await who.store.read({ type: "schedule", name: "nightly" });
  assert.deepEqual([row?.lastPlanned, row?.nextAt], [t0, t0 + minute]);
  assert.deepEqual(await fates(who, [slot(t0 + minute)], { overlap: "allow" }), ["enqueued"]);
  assert.equal((await history(who)).length, 3);
  const none = firing(undefined, [slot(t0, {}, "manual")], { name: "none" });
  assert.deepEqual((await fire(who, [none])).firings, [{ type: "stale" }]);
});

check("a schedule that is saved with a reason to stop takes its runs with it", async (storage) => {
  const who = await withSchedule(storage);
  const due = (n: number, overlap: Firing["overlap"]) =>
    fates(who, [slot(t0 + n * minute)], { overlap }, t0 + n * minute);
  await due(1, "skip");
  await completeAll(who);
  await due(2, "allow");
  const running = await claimOne(who);
  await due(3, "allow");
  assert.deepEqual(await due(4, "queue-all"), ["waiting"]);
  const others = job("other");
  await enqueue(who.store, [others]);
  const row = await who.store.read({ type: "schedule", name: "nightly" });
  const over = saved("nightly", {
    ...{ replaces: row?.revision ?? 0, nextAt: undefined, stops: "its schedule ended" },
  });
  const [answer] = await save(who, over);
  assert.ok(answer?.type === "saved");
  assert.deepEqual(answer.ends.map(({ type }) => type).sort(), ["asked", "moved"]);
  assert.deepEqual((await history(who)).map(told), [
    [3, "cron", "stopped"],
    [2, "cron", undefined],
    [1, "cron", "completed"],
  ]);
  const asked = answer.ends.find(({ type }) => type === "asked");
  assert.equal(asked?.id, running.id);
  assert.equal((await who.store.read({ type: "job", id: "other" }))?.state, "available");
});

check("a schedule that ended is forgotten after five days, others never", async (storage) => {
  const who = await withSchedule(storage);
  const over = { nextAt: undefined, spec: `{"end":${t0}}` };
  await save(who, saved("ended", over), saved("paused", { nextAt: undefined }));
  await save(
    who,
    saved("in code", { ...over, declared: "{}" }),
    saved("goes on", { ...over, nextAt: t0 }),
  );
  const names = async (now: number) => {
    const infinite = Number.POSITIVE_INFINITY;
    const all = { completed: infinite, stopped: infinite, cancelled: infinite, dead: infinite };
    const retention = { ageMs: all, count: all, bytes: infinite, runs: keptRuns };
    await one(who.store, { type: "prune", retention, now, limit: 9 });
    const query = { cursor: undefined, limit: 9, removed: false } as const;
    const { items } = await who.store.read({ type: "schedules", ...query });
    return items.map(({ name }) => name);
  };
  const rest = ["goes on", "in code", "nightly", "paused"];
  assert.deepEqual(await names(t0 + 5 * 24 * hour - 1), ["ended", ...rest]);
  assert.deepEqual(await names(t0 + 5 * 24 * hour), rest);
});

check("a removed schedule's runs go on and stay on record, what waited goes", async (storage) => {
  const who = await withSchedule(storage);
  for (const n of [1, 2]) await fates(who, [slot(t0 + n * minute)], { overlap: "queue-all" });
  const row = await who.store.read({ type: "schedule", name: "nightly" });
  const removal = (revision: number) =>
    one(who.store, {
      type: "removeSchedules",
      forget: false,
      schedules: [{ name: "nightly", revision }],
    });
  assert.deepEqual(await removal(0), { removed: [false] });
  assert.deepEqual(await removal(row?.revision ?? 0), { removed: [true] });
  await completeAll(who);
  assert.deepEqual((await history(who)).map(told), [[1, "cron", "completed"]]);
});

check("a command that is enqueued by hand is on record by its name", async (storage) => {
  const who = await member(storage, "a");
  const times = { planAt: t0, scheduleAt: t0 };
  const run = {
    id: "run",
    schedule: undefined,
    trigger: "manual",
    ...times,
    isCommand: true,
  } as const;
  await enqueue(who.store, [job("one", { run }), job("two")]);
  await enqueue(who.store, [job("one", { run })]);
  const [first] = await claim(who);
  assert.ok(first);
  const result = JSON.stringify({ exitCode: 0 });
  await settle(who, settlement(first, { type: "completed", result }));
  const page = {
    type: "runs",
    schedule: undefined,
    job: "mail",
    cursor: undefined,
    limit: 9,
  } as const;
  const { items } = await who.store.read(page);
  assert.deepEqual(
    items.map(({ jobId, outcome, result: told, worker }) => [jobId, outcome, told, worker]),
    [["one", "completed", result, "a"]],
  );
  assert.equal(first.schedule, undefined);
});

check("runs come in pages, newest first", async (storage) => {
  const who = await withSchedule(storage);
  for (let n = 1; n <= 5; n++) await fates(who, [slot(t0 + n * minute)], { overlap: "allow" });
  const all: number[] = [];
  for (const schedule of ["nightly", undefined]) {
    let cursor: string | undefined;
    do {
      const page = { type: "runs", schedule, job: undefined, cursor, limit: 2 } as const;
      const { items, next } = await who.store.read(page);
      assert.ok(items.length <= 2);
      all.push(...items.map(({ planAt }) => (planAt - t0) / minute));
      cursor = next;
    } while (cursor !== undefined);
  }
  assert.deepEqual(all, [5, 4, 3, 2, 1, 5, 4, 3, 2, 1]);
});

check(
  "records of runs go by age and count, but not while their jobs are there",
  async (storage) => {
    const who = await withSchedule(storage);
    for (let n = 1; n <= 4; n++) await fates(who, [slot(t0 + n * minute)], { overlap: "allow" });
    const never = Number.POSITIVE_INFINITY;
    const each = { completed: never, stopped: never, cancelled: never, dead: never };
    const prune = async (change: Partial<typeof keptRuns>) => {
      const retention = {
        ageMs: each,
        count: each,
        bytes: never,
        runs: { ...keptRuns, ...change },
      };
      await one(who.store, { type: "prune", retention, now: t0 + hour, limit: 9 });
      return (await history(who)).map(({ planAt }) => (planAt - t0) / minute);
    };
    assert.deepEqual(await prune({ ageMs: 0 }), [4, 3, 2, 1]);
    const ids = (await history(who)).map(({ jobId }) => jobId ?? "");
    await one(who.store, { type: "delete", ids });
    assert.deepEqual(
      (await history(who)).map(({ outcome }) => outcome),
      Array(4).fill("deleted"),
    );
    assert.deepEqual(await prune({ ageMs: hour - 2 * minute }), [4, 3, 2]);
    assert.deepEqual(await prune({ count: 2 }), [4, 3]);
    assert.deepEqual(await prune({ ageMs: 0 }), []);
  },
);
