import assert from "node:assert/strict";
import type { Outcome } from "../../../lib/job/outcome.ts";
import { isAllowed, type JobState, jobStates, type Move, moves } from "../../../lib/job/state.ts";
import {
  cancelled,
  caseList,
  claim,
  completed,
  discarded,
  end,
  enqueue,
  failed,
  hour,
  job,
  type Member,
  member,
  one,
  outcomes,
  released,
  retry,
  row,
  settle,
  settlement,
  snoozed,
  stopped,
  t0,
  uniqueKey,
} from "../kit.ts";

const { cases, check } = caseList();
export const walkCases = cases;

/** One job in each state, with the state's name as its id. All that can have run have. */
async function jobInEachState(who: Member): Promise<void> {
  const ran = ["retryable", "completed", "stopped", "cancelled", "dead", "running"];
  await enqueue(
    who.store,
    ran.map((id) => job(id, { unique: uniqueKey(id) })),
  );
  const ends: Record<string, Outcome> = {
    retryable: failed,
    completed,
    stopped,
    cancelled,
    dead: discarded,
  };
  for (const run of await claim(who)) {
    const outcome = ends[run.id];
    if (outcome !== undefined) await settle(who, settlement(run, outcome));
  }
  await enqueue(who.store, [
    job("available", { unique: uniqueKey("available") }),
    job("scheduled", { unique: uniqueKey("scheduled"), runAt: t0 + 5_000 }),
  ]);
  for (const state of jobStates) assert.equal((await row(who, state)).state, state);
}

/** Settles a job by the very attempt and fence that its row has. */
async function settleAsItStands(who: Member, id: string, outcome: Outcome): Promise<void> {
  const { seq, attempt, fence, args, name, queue, maxAttempts } = await row(who, id);
  const bytes = Buffer.byteLength(args);
  const run = { seq, id, name, queue, args, bytes, attempt, maxAttempts, fence, lane: 1 };
  const rest = { timeoutMs: undefined, tags: undefined, suspect: false, ahead: false, runAt: t0 };
  const more = { unique: true, meta: undefined, hooked: false, depth: 0, schedule: undefined };
  await settle(who, settlement({ ...run, ...rest, ...more }, outcome));
}

interface Way {
  move: Move;
  by: string;
  act(who: Member, id: string): Promise<unknown>;
  /** From where this way makes the move: not every way makes it from all of the table's states. */
  from?: readonly JobState[];
}

const bySettling = (move: Move, outcome: Outcome): Way => ({
  ...{ move, by: "a settlement", from: ["running"] },
  act: (who, id) => settleAsItStands(who, id, outcome),
});

const byHand = (move: "stop" | "cancel" | "discard"): Way => ({
  ...{ move, by: "hand" },
  async act(who, id) {
    const [answer] = await end(who, move, id);
    // A running job is asked; the end of its run makes the move.
    if (answer?.type === "asked") await settleAsItStands(who, id, failed);
  },
});

const ways: readonly Way[] = [
  {
    ...{ move: "promote", by: "time" },
    act: (who) => one(who.store, { type: "promote", now: t0 + hour, limit: 100 }),
  },
  {
    ...{ move: "postpone", by: "a replace" },
    act(who, id) {
      const unique = uniqueKey(id, { onConflict: "replace", moveTime: true });
      return enqueue(who.store, [job(`then ${id}`, { unique, runAt: t0 + 5_000 })]);
    },
  },
  { move: "claim", by: "a worker", act: (who) => claim(who) },
  { move: "retry", by: "hand", act: (who, id) => retry(who, id) },
  bySettling("complete", outcomes.completed),
  bySettling("complete", { type: "completed", result: "1" }),
  bySettling("fail", failed),
  bySettling("snooze", snoozed),
  bySettling("release", released),
  bySettling("discard", discarded),
  bySettling("stop", stopped),
  bySettling("cancel", cancelled),
  byHand("discard"),
  byHand("stop"),
  byHand("cancel"),
];

check("the walk covers every move of the table", async () => {
  const covered = new Set(ways.map(({ move }) => move));
  assert.deepEqual([...covered].sort(), Object.keys(moves).sort());
});

const seen = async (who: Member, id: string) => ({
  row: await row(who, id),
  executions: await who.store.read({ type: "executions", id }),
});

for (const { move, by, act, from } of ways) {
  check(`${move} by ${by} moves from its states, and else changes nothing`, async (storage) => {
    const who = await member(storage, "a");
    await jobInEachState(who);
    const before = new Map<JobState, unknown>();
    for (const state of jobStates) before.set(state, await seen(who, state));
    for (const state of jobStates) await act(who, state);
    for (const state of jobStates) {
      const allowed = isAllowed(move, state) && (from ?? jobStates).includes(state);
      const after = await seen(who, state);
      if (allowed) assert.equal(after.row.state, moves[move].to, `from ${state}`);
      else assert.deepEqual(after, before.get(state), `from ${state}`);
    }
  });
}
