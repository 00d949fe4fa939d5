import assert from "node:assert/strict";
import type { Outcome } from "../../../lib/job/outcome.ts";
import type { Retention } from "../../../lib/protocol/retention.ts";
import {
  add,
  allRows,
  boom,
  cancelled,
  caseList,
  claimOne,
  completed,
  discarded,
  end,
  enqueue,
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
  stopped,
  t0,
} from "../kit.ts";

const never = Number.POSITIVE_INFINITY;
const all = { completed: never, stopped: never, cancelled: never, dead: never };
const bare = (outcome: Outcome): Outcome =>
  "error" in outcome ? ({ ...outcome, error: undefined } as Outcome) : outcome;

function prune(who: Member, change: Partial<Retention>, now = t0 + hour, limit = 100) {
  const retention = { ageMs: all, count: all, bytes: never, runs: keptRuns, ...change };
  return one(who.store, { type: "prune", retention, now, limit });
}

/** A final job that finished at `finishedAt`, with `size` bytes of arguments. */
async function finish(who: Member, id: string, outcome: Outcome, finishedAt: number, size = 10) {
  await enqueue(who.store, [job(id, { args: JSON.stringify("x".repeat(size - 2)) })]);
  const run = await claimOne(who);
  await settle(who, settlement(run, outcome, { finishedAt }));
}

/** Retention: what goes, in which order, and what is counted. */
const { cases, check } = caseList();
export const pruneCases = cases;

check("final jobs past their state's age go, the oldest first", async (storage) => {
  const who = await member(storage, "a");
  await finish(who, "new", completed, t0 + 3);
  await finish(who, "old", completed, t0 + 1);
  await finish(who, "middle", completed, t0 + 2);
  await finish(who, "dead", discarded, t0 + 1);
  await add(who.store, "waiting");
  const ageMs = { ...all, completed: hour - 3 };
  const answer = await prune(who, { ageMs });
  assert.deepEqual([answer.deleted, answer.more], [["old", "middle"], false]);
  assert.deepEqual(
    (await allRows(who.store)).map(({ id }) => id),
    ["waiting", "dead", "new"],
  );
  assert.deepEqual((await prune(who, {}, t0 + 1_000 * hour)).deleted, []);
});

check("more than its count of a state goes, the oldest first", async (storage) => {
  const who = await member(storage, "a");
  for (const at of [1, 2, 3, 4]) await finish(who, `done ${at}`, completed, t0 + at);
  await finish(who, "dead", discarded, t0);
  const answer = await prune(who, { count: { ...all, completed: 1, dead: 1 } });
  assert.deepEqual(answer.deleted, ["done 1", "done 2", "done 3"]);
});

check("past the bytes what ended well goes first, the dead last", async (storage) => {
  const who = await member(storage, "a");
  await finish(who, "dead", bare(discarded), t0);
  await finish(who, "cancelled", bare(cancelled), t0 + 1);
  await finish(who, "done 1", completed, t0 + 4);
  await finish(who, "stopped", bare(stopped), t0 + 5);
  await finish(who, "done 2", completed, t0 + 6);
  const first = await prune(who, { bytes: 30 });
  assert.deepEqual([first.deleted, first.finalBytes], [["done 1", "stopped"], 30]);
  const rest = await prune(who, { bytes: 0 });
  assert.deepEqual(rest.deleted, ["done 2", "cancelled", "dead"]);
  assert.equal(rest.finalBytes, 0);
});

check("a prune deletes at most its limit and says that there is more", async (storage) => {
  const who = await member(storage, "a");
  for (const at of [1, 2, 3]) await finish(who, `done ${at}`, completed, t0 + at);
  const ageMs = { ...all, completed: 0 };
  const first = await prune(who, { ageMs }, t0 + hour, 2);
  assert.deepEqual([first.deleted, first.more], [["done 1", "done 2"], true]);
  const rest = await prune(who, { ageMs }, t0 + hour, 2);
  assert.deepEqual([rest.deleted, rest.more], [["done 3"], false]);
});

check("the bytes of final jobs are their arguments, results and errors", async (storage) => {
  const who = await member(storage, "a");
  const bytes = async () => (await prune(who, {})).finalBytes;
  await enqueue(who.store, [job("one", { args: '"é"' })]);
  const error = { message: "bäm", stack: "ß" };
  await settle(who, settlement(await claimOne(who), { type: "failed", error, runAt: t0 }));
  await one(who.store, { type: "promote", now: t0, limit: 9 });
  assert.equal(await bytes(), 0);
  const result = '"ö"';
  await settle(who, settlement(await claimOne(who), { type: "completed", result }));
  assert.equal(await bytes(), 4 + 4 + 2 + 4);
  await one(who.store, { type: "delete", ids: ["one"] });
  assert.equal(await bytes(), 0);
});

check("the bytes come back when a final job starts over", async (storage) => {
  const who = await member(storage, "a");
  await finish(who, "one", discarded, t0);
  const whole = 10 + Buffer.byteLength(boom.message + boom.stack);
  assert.equal((await prune(who, {})).finalBytes, whole);
  await retry(who, "one");
  assert.equal((await prune(who, {})).finalBytes, 0);
  await end(who, "stop", "one");
  assert.equal((await prune(who, {})).finalBytes, whole);
});

check("the bytes of jobs that ended with their process are counted whole", async (storage) => {
  const who = await member(storage, "a");
  const doomed = await member(storage, "b");
  await add(who.store, "one");
  await claimOne(doomed);
  await end(who, "cancel", "one");
  await kill(doomed);
  await rescue(who);
  const [found] = await allRows(who.store);
  const errors = found?.errors.map(({ message, stack }) => message + (stack ?? "")).join("");
  const bytes = Buffer.byteLength(`${found?.args}${errors}`);
  assert.equal((await prune(who, {})).finalBytes, bytes);
});
