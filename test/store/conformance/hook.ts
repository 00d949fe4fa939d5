import assert from "node:assert/strict";
import { limits } from "../../../lib/base/limits.ts";
import type { HookOutcome, HookRow } from "../../../lib/protocol/hook.ts";
import {
  caseList,
  claim,
  claimOne,
  completed,
  definition,
  end,
  enqueue,
  failed,
  hour,
  job,
  keptRuns,
  kill,
  type Member,
  member,
  one,
  rescue,
  retry,
  settle,
  settlement,
  skipped,
  snoozed,
  t0,
  uniqueKey,
} from "../kit.ts";

/** Status hooks: a row for each move, in its transaction, and how those are handed out. */
const { cases, check } = caseList();
export const hookCases = cases;

const url = "http://receiver.example/jobs";
const hookOf = (more: object = {}) =>
  JSON.stringify({ url, host: "receiver.example", secret: ["s"], ...more });
const hook = hookOf();
const other = JSON.stringify({ url: "http://other.example/", host: "other.example" });

const addHooked = (who: Member, id: string, change: Parameters<typeof job>[1] = {}) =>
  enqueue(who.store, [job(id, { hook, ...change })]);

const never = { completed: Infinity, stopped: Infinity, cancelled: Infinity, dead: Infinity };

type Choice = { state?: "waiting" | "dead"; job?: string; url?: string };

async function rows(who: Member, choice: Choice = {}): Promise<HookRow[]> {
  const { state, job: id, url: at } = choice;
  const query = {
    type: "hooks",
    state,
    job: id,
    url: at,
    cursor: undefined,
    limit: 1_000,
  } as const;
  return [...(await who.store.read(query)).items].reverse();
}

/** What is not there yet may be null. */
function factsOf(row: HookRow | undefined): Record<string, unknown> {
  const facts = Object.entries(JSON.parse(row?.facts ?? "{}"));
  return Object.fromEntries(facts.filter(([, value]) => value !== null));
}

const events = async (who: Member, choice: Choice = {}) =>
  (await rows(who, choice)).map((row) => row.event);

async function hand(who: Member, change: Record<string, unknown> = {}) {
  const asked = { owner: "a", now: t0 + 100, until: t0 + 200, limit: 100, perHost: 100, busy: {} };
  return one(who.store, { type: "claimHooks", ...asked, after: "", ...change });
}

async function answer(who: Member, outcome: HookOutcome, owner = "a", now = t0 + 100) {
  const { claims } = await hand(who, { owner });
  const results = claims.map(({ seq, attempt }) => ({ seq, attempt, owner, outcome }));
  const { held } = await one(who.store, { type: "settleHooks", results, now });
  assert.ok(held.every((one) => one));
  return claims;
}

const totals = async (who: Member) => {
  const { waiting, dead } = await who.store.read({ type: "hookTotals" });
  return [waiting, dead];
};

check("each move of a hooked job leaves one event with its facts, others none", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j", { runAt: t0 + 5, parent: "p", meta: '{"k":"v"}' });
  await enqueue(who.store, [job("plain")]);
  assert.deepEqual(await rows(who), []);
  await one(who.store, { type: "promote", now: t0 + 5, limit: 9 });
  await claim(who, 9, ["mail"], t0 + 6).then((runs) =>
    settle(who, ...runs.map((run) => settlement(run, failed))),
  );
  await one(who.store, { type: "promote", now: t0 + 5_000, limit: 9 });
  await claim(who, 9, ["mail"], t0 + 5_001).then((runs) =>
    settle(who, ...runs.map((run) => settlement(run, completed))),
  );
  const all = await rows(who);
  assert.ok(all.every(({ job: id }) => id === "j"));
  assert.deepEqual(
    all.map(({ event }) => event),
    ["available", "running", "retryable", "available", "running", "completed"],
  );
  assert.deepEqual(factsOf(all[2]), {
    ...{ id: "j", name: "mail", state: "retryable", attempt: 1, meta: '{"k":"v"}' },
    ...{ createdAt: t0, runAt: t0 + 5_000, parent: "p", changedAt: t0 + 1, children: [] },
  });
  assert.deepEqual([all[1]?.url, all[1]?.host, all[1]?.hook], [url, "receiver.example", hook]);
  assert.deepEqual(await totals(who), [6, 0]);
});

check("an event has the newest jobs that its job made", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  const all = Array.from({ length: limits.jobserviceExecutionIds + 2 }, (_, at) => `${at}`);
  const made = all.map((id) => job(id, { parent: "j" }));
  await enqueue(who.store, [...made, job("other", { parent: "k" })]);
  await one(who.store, { type: "delete", ids: all.slice(-1) });
  await end(who, "stop", "j");
  const { children } = JSON.parse((await rows(who))[0]?.facts ?? "");
  assert.deepEqual(children, all.slice(1, -1).reverse());
});

check(
  "moves by hand, a snooze, a replacement and a death without a row are told",
  async (storage) => {
    const who = await member(storage, "a");
    await addHooked(who, "j");
    await settle(who, settlement(await claimOne(who), snoozed));
    await retry(who, "j");
    await end(who, "stop", "j");
    await retry(who, "j");
    await settle(who, settlement(await claimOne(who), skipped));
    assert.deepEqual(await events(who, { job: "j" }), [
      "running",
      "scheduled",
      "available",
      "stopped",
      "available",
      "running",
      "dead",
    ]);
    assert.equal(await who.store.read({ type: "job", id: "j" }), undefined);
    const unique = uniqueKey("k", { onConflict: "replace", moveTime: true });
    await addHooked(who, "u", { unique, runAt: t0 + 9_000 });
    await enqueue(who.store, [job("v", { unique })]);
    assert.deepEqual(await events(who, { job: "u" }), ["available"]);
  },
);

check("completed runs that are settled together are told, each", async (storage) => {
  const who = await member(storage, "a");
  const hooked = ["2", "3", "5"];
  const ids = ["1", "2", "3", "4", "5"];
  await enqueue(
    who.store,
    ids.map((id) => job(id, hooked.includes(id) ? { hook } : {})),
  );
  await settle(who, ...(await claim(who)).map((run) => settlement(run, completed)));
  const done = (await rows(who)).filter(({ event }) => event === "completed");
  assert.deepEqual(
    done.map((row) => row.job),
    hooked,
  );
});

check("a late settlement tells nothing", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  const run = await claimOne(who);
  await settle(who, settlement(run, completed));
  await settle(who, settlement(run, completed), settlement({ ...run, fence: 99 }, failed));
  assert.deepEqual(await events(who), ["running", "completed"]);
});

check("what a dead process ran is told as it goes back, poison too", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  const dying = await member(storage, "b", {
    definitions: [definition("mail", { crashLimit: 1 })],
  });
  await claimOne(dying);
  await kill(dying);
  await rescue(who);
  assert.deepEqual(await events(who), ["running", "dead"]);
  await addHooked(who, "k");
  const leaving = await member(storage, "c");
  await claimOne(leaving);
  await one(leaving.store, { type: "leave", worker: leaving.worker, now: t0 });
  assert.deepEqual(await events(who, { job: "k" }), ["running", "available"]);
});

check("a hook hears only of the events that it wants", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j", { hook: hookOf({ events: ["completed", "checkIn"] }) });
  const run = await claimOne(who);
  const note = { seq: run.seq, fence: run.fence, progress: 0.5, checkIn: undefined, at: t0 + 1 };
  await one(who.store, { type: "note", notes: [note, { ...note, checkIn: "half" }] });
  await one(who.store, { type: "note", notes: [{ ...note, fence: 99, checkIn: "late" }] });
  await settle(who, settlement(run, completed));
  const all = await rows(who);
  assert.deepEqual(
    all.map(({ event }) => event),
    ["checkIn", "completed"],
  );
  const { state, checkIn, checkInAt } = JSON.parse(all[0]?.facts ?? "");
  assert.deepEqual([state, checkIn, checkInAt], ["running", "half", t0 + 1]);
});

check("a hook registered during a run hears of its end", async (storage) => {
  const who = await member(storage, "a");
  const register = (id: string) => one(who.store, { type: "registerHook", id, hook, url });
  assert.deepEqual(await register("none"), { type: "unknown" });
  for (const outcome of [completed, { ...completed, result: "1" }, failed]) {
    await enqueue(who.store, [job("j"), job("k")]);
    const runs = await claim(who);
    assert.deepEqual(await register("j"), { type: "registered" });
    await settle(who, ...runs.map((run) => settlement(run, outcome)));
    assert.deepEqual(await events(who), [outcome === failed ? "retryable" : "completed"]);
    await answer(who, { type: "delivered" });
    if (outcome === failed) return;
    assert.deepEqual(await register("j"), { type: "final", state: "completed" });
    await one(who.store, { type: "delete", ids: ["j", "k"] });
  }
});

check("events of a job that is deleted are still sent", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  await end(who, "cancel", "j");
  await one(who.store, { type: "delete", ids: ["j"] });
  assert.deepEqual(
    (await hand(who)).claims.map(({ event }) => event),
    ["cancelled"],
  );
});

check("of one job an event is handed out at a time, in order, and only once", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  await addHooked(who, "k", { hook: other });
  await settle(who, ...(await claim(who)).map((run) => settlement(run, completed)));
  const first = (await hand(who)).claims;
  assert.deepEqual(first.map((one) => [one.job, one.event]).sort(), [
    ["j", "running"],
    ["k", "running"],
  ]);
  assert.deepEqual((await hand(who, { owner: "b" })).claims, []);
  const results = first.map(({ seq, attempt }) => ({
    ...{ seq, attempt, owner: "a", outcome: { type: "delivered" } as const },
  }));
  const settled = { type: "settleHooks", results, now: t0 + 150 } as const;
  assert.deepEqual((await one(who.store, settled)).held, [true, true]);
  assert.deepEqual((await one(who.store, settled)).held, [false, false]);
  const second = (await hand(who, { now: t0 + 150 })).claims;
  assert.deepEqual(
    second.map(({ event }) => event),
    ["completed", "completed"],
  );
  assert.deepEqual(await totals(who), [2, 0]);
});

check("a claim whose time is over goes to another, and its answer is late", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  await end(who, "stop", "j");
  const [first] = (await hand(who)).claims;
  assert.equal(await who.store.read({ type: "nextHook" }), t0 + 200);
  assert.deepEqual((await hand(who, { owner: "b", now: t0 + 199 })).claims, []);
  const [second] = (await hand(who, { owner: "b", now: t0 + 200, until: t0 + 300 })).claims;
  assert.deepEqual([first?.attempt, second?.attempt, second?.seq], [1, 2, first?.seq]);
  assert.equal(second?.firstAt, t0 + 100);
  const late = {
    seq: first?.seq ?? 0,
    attempt: 1,
    owner: "a",
    outcome: { type: "delivered" } as const,
  };
  const { held } = await one(who.store, { type: "settleHooks", results: [late], now: t0 + 201 });
  assert.deepEqual([held, (await rows(who)).length], [[false], 1]);
});

check("what a process that died was sending may be sent by another at once", async (storage) => {
  const who = await member(storage, "a");
  const dying = await member(storage, "b");
  await addHooked(who, "j");
  await end(who, "stop", "j");
  assert.equal((await hand(dying, { owner: "b", until: t0 + 9 * hour })).claims.length, 1);
  await rescue(who, t0 + 101);
  assert.deepEqual((await hand(who, { now: t0 + 101 })).claims, []);
  await kill(dying);
  await rescue(who, t0 + 101);
  const [again] = (await hand(who, { now: t0 + 101 })).claims;
  assert.deepEqual([again?.event, again?.attempt], ["stopped", 2]);
});

check("while the head waits for its next try those behind it wait too", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  await settle(who, settlement(await claimOne(who), completed));
  await answer(who, { type: "failed", error: "HTTP 500", nextAt: t0 + 900 });
  assert.deepEqual((await hand(who, { now: t0 + 899 })).claims, []);
  assert.equal(await who.store.read({ type: "nextHook" }), t0 + 900);
  const [again] = (await hand(who, { now: t0 + 900, until: t0 + 999 })).claims;
  assert.deepEqual([again?.event, again?.attempt], ["running", 2]);
  const result = { seq: again?.seq ?? 0, attempt: 2, owner: "a" };
  const dead = { ...result, outcome: { type: "dead", error: "HTTP 500" } as const };
  await one(who.store, { type: "settleHooks", results: [dead], now: t0 + 950 });
  assert.deepEqual(
    (await hand(who, { now: t0 + 950, until: t0 + 999 })).claims.map(({ event }) => event),
    ["completed"],
  );
  assert.deepEqual(await totals(who), [1, 1]);
});

check("what a new address is told does not wait for the old one", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  const run = await claimOne(who);
  await answer(who, { type: "failed", error: "HTTP 500", nextAt: t0 + 900 });
  const moved = { hook: other, url: "http://other.example/" };
  await one(who.store, { type: "registerHook", id: "j", ...moved });
  await settle(who, settlement(run, failed));
  await one(who.store, { type: "promote", now: t0 + 5_000, limit: 9 });
  const handed = async (now: number) =>
    (await hand(who, { now, until: now + 5_000 })).claims.map((one) => [one.host, one.event]);
  assert.deepEqual(await handed(t0 + 100), [["other.example", "retryable"]]);
  assert.deepEqual(await handed(t0 + 900), [["receiver.example", "running"]]);
  assert.deepEqual(await handed(t0 + 901), []);
});

check("an attempt that was given back is not counted", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  await end(who, "stop", "j");
  await answer(who, { type: "released" });
  const [row] = await rows(who);
  assert.deepEqual([row?.attempts, row?.firstAt, row?.owner], [0, undefined, undefined]);
  assert.equal((await hand(who, { now: t0 + 150 })).claims.length, 1);
});

check("no host takes more than its room, and all have their turn", async (storage) => {
  const who = await member(storage, "a");
  for (let at = 0; at < 6; at++) await addHooked(who, `j${at}`);
  await addHooked(who, "k", { hook: other });
  await end(who, "stop", ...["j0", "j1", "j2", "j3", "j4", "j5", "k"]);
  const hosts = (answered: Awaited<ReturnType<typeof hand>>) =>
    answered.claims.map(({ host }) => host).sort();
  const first = await hand(who, { perHost: 3, busy: { "receiver.example": 1 } });
  assert.deepEqual(hosts(first), ["other.example", "receiver.example", "receiver.example"]);
  const one = await hand(who, { limit: 1, after: "other.example" });
  assert.deepEqual([hosts(one), one.after], [["receiver.example"], "receiver.example"]);
  assert.equal((await hand(who, { after: "receiver.example" })).after, "");
});

check("a receiver that is gone is told nothing more until it is switched on", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  await addHooked(who, "k");
  await end(who, "stop", "j", "k");
  await answer(who, { type: "gone", error: "HTTP 410" });
  assert.deepEqual(await totals(who), [0, 2]);
  await addHooked(who, "l");
  await end(who, "stop", "l");
  const dead = await rows(who, { state: "dead" });
  assert.deepEqual(
    dead.map((row) => [row.job, row.error]),
    [
      ["j", "HTTP 410"],
      ["k", "HTTP 410"],
      ["l", "HTTP 410"],
    ],
  );
  assert.equal((await who.store.read({ type: "disabledHooks" }))[0]?.url, url);
  const enable = () => one(who.store, { type: "enableHook", url });
  assert.deepEqual([await enable(), await enable()], [{ changed: true }, { changed: false }]);
  await addHooked(who, "m");
  await end(who, "stop", "m");
  assert.deepEqual(await totals(who), [1, 3]);
});

check(
  "an address that is switched off buries what waits for it at the next look",
  async (storage) => {
    const who = await member(storage, "a");
    await addHooked(who, "j");
    await settle(who, settlement(await claimOne(who), completed));
    const disabled = { type: "disableHook", url, reason: "by hand", now: t0 } as const;
    assert.deepEqual(await one(who.store, disabled), { changed: true });
    assert.deepEqual(await one(who.store, disabled), { changed: false });
    const { claims, buried } = await hand(who);
    assert.deepEqual([claims, buried, await totals(who)], [[], 2, [0, 2]]);
    await addHooked(who, "k");
    await one(who.store, { type: "registerHook", id: "k", hook, url });
    await end(who, "stop", "k");
    assert.deepEqual(await totals(who), [1, 2]);
  },
);

check("dead events are taken up again: one, of an address, of a job, in order", async (storage) => {
  const who = await member(storage, "a");
  type Which = { seq: number } | { url: string } | { job: string };
  const resend = (which: Which, limit = 100, after = 0) =>
    one(who.store, {
      ...{ type: "resendHooks", which, after, now: t0 + 500, limit },
    });
  await addHooked(who, "j");
  await addHooked(who, "k", { hook: other });
  await settle(who, ...(await claim(who)).map((run) => settlement(run, completed)));
  for (let at = 0; at < 2; at++) await answer(who, { type: "dead", error: "no" });
  assert.deepEqual(await totals(who), [0, 4]);
  assert.equal((await resend({ job: "j" })).resent, 2);
  assert.equal((await resend({ job: "j" })).resent, 0);
  const again = (await hand(who, { now: t0 + 500, until: t0 + 600 })).claims;
  assert.deepEqual(
    again.map((one) => [one.job, one.event, one.attempt]),
    [["j", "running", 1]],
  );
  const ofOther = { url: "http://other.example/" };
  let next: number | undefined = 0;
  let resent = 0;
  while (next !== undefined && resent === 0) {
    const page: { resent: number; next: number | undefined } = await resend(ofOther, 1, next);
    ({ next } = page);
    resent += page.resent;
  }
  // What a page took up may be sent before the next one comes.
  const oldest = (await hand(who, { now: t0 + 500, until: t0 + 600 })).claims;
  assert.deepEqual(
    oldest.map((one) => [one.job, one.event]),
    [["k", "running"]],
  );
  assert.equal((await resend(ofOther, 100, next)).resent, 1);
  assert.equal((await resend({ seq: 99 })).resent, 0);
  assert.deepEqual(await totals(who), [4, 0]);
});

check("a page of events goes on by its cursor, filtered or not", async (storage) => {
  const who = await member(storage, "a");
  for (const id of ["1", "2", "3", "4", "5"])
    await addHooked(who, id, id > "3" ? { hook: other } : {});
  await end(who, "stop", "1", "2", "3", "4", "5");
  const walk = async (choice: Choice) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { state, job: id, url: at } = choice;
      const query = { type: "hooks", state, job: id, url: at, cursor, limit: 2 } as const;
      const page = await who.store.read(query);
      seen.push(...page.items.map((row) => row.job));
      cursor = page.next;
    } while (cursor !== undefined);
    return seen.join("");
  };
  assert.equal(await walk({}), "54321");
  assert.equal(await walk({ state: "waiting" }), "54321");
  assert.equal(await walk({ state: "dead" }), "");
  assert.equal(await walk({ url }), "321");
  assert.equal(await walk({ job: "4" }), "4");
});

check("old dead events are pruned, those that wait are not", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  await settle(who, settlement(await claimOne(who), completed));
  await answer(who, { type: "dead", error: "no" });
  const retention = { ageMs: never, count: never, bytes: Infinity, runs: keptRuns };
  const prune = (now: number) => one(who.store, { type: "prune", retention, now, limit: 9 });
  await prune(t0 + 100 + limits.hookDeadMs);
  assert.deepEqual(await totals(who), [1, 1]);
  await prune(t0 + 101 + limits.hookDeadMs);
  assert.deepEqual(await totals(who), [1, 0]);
});

check("what a clock that was ahead put off is due once it is right", async (storage) => {
  const who = await member(storage, "a");
  await addHooked(who, "j");
  await addHooked(who, "k", { hook: other });
  await end(who, "stop", "j", "k");
  const [first, second] = (await hand(who)).claims;
  const failure = (claimed: typeof first, nextAt: number) => ({
    ...{ seq: claimed?.seq ?? 0, attempt: 1, owner: "a" },
    outcome: { type: "failed", error: "no", nextAt } as const,
  });
  const results = [failure(first, t0 + hour), failure(second, t0 + 9_000 * hour)];
  await one(who.store, { type: "settleHooks", results, now: t0 });
  const retention = { ageMs: never, count: never, bytes: Infinity, runs: keptRuns };
  await one(who.store, { type: "prune", retention, now: t0 + 100, limit: 9 });
  const { claims } = await hand(who);
  assert.deepEqual(
    claims.map(({ seq }) => seq),
    [second?.seq],
  );
});

check("events of another namespace are invisible", async (storage) => {
  const who = await member(storage, "a");
  const stranger = await member(storage, "b", { namespace: "other" });
  await addHooked(who, "j");
  await end(who, "stop", "j");
  const [event] = await rows(who);
  assert.deepEqual(await rows(stranger), []);
  assert.deepEqual((await hand(stranger)).claims, []);
  assert.equal(await stranger.store.read({ type: "nextHook" }), undefined);
  const outcome = { type: "delivered" } as const;
  const [claimed] = (await hand(who)).claims;
  const result = { seq: event?.seq ?? 0, attempt: claimed?.attempt ?? 0, owner: "a", outcome };
  const { held } = await one(stranger.store, { type: "settleHooks", results: [result], now: t0 });
  assert.deepEqual([held, await totals(stranger)], [[false], [0, 0]]);
});
