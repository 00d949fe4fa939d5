import assert from "node:assert/strict";
import { test } from "node:test";
import {
  finalStates,
  isAllowed,
  isFinal,
  jobStates,
  type Move,
  moves,
  waitingStates,
} from "../../lib/job/state.ts";

test("a job that waits or runs can be ended in every way, a final one in none", () => {
  for (const state of jobStates) {
    for (const move of ["discard", "stop", "cancel"] as const) {
      assert.equal(isAllowed(move, state), !isFinal(state), `${move} from ${state}`);
    }
  }
});

test("only a running job is settled, and only an available one is claimed", () => {
  for (const state of jobStates) {
    for (const move of ["complete", "fail", "snooze", "release"] as const) {
      assert.equal(isAllowed(move, state), state === "running", `${move} from ${state}`);
    }
    assert.equal(isAllowed("claim", state), state === "available");
  }
});

test("what ended well is never retried, all else that ended or waits for its time is", () => {
  const from = jobStates.filter((state) => isAllowed("retry", state));
  assert.deepEqual(from, ["scheduled", "retryable", "stopped", "cancelled", "dead"]);
});

test("every state is waiting, running or final, and is reached by some move or by enqueue", () => {
  assert.deepEqual([...waitingStates, "running", ...finalStates].sort(), [...jobStates].sort());
  const reached = new Set<string>(Object.values(moves).map(({ to }) => to));
  assert.deepEqual([...reached].sort(), [...jobStates].sort());
});

test("a final state is left by a retry only, and completed not at all", () => {
  for (const state of finalStates) {
    const leaving = (Object.keys(moves) as Move[]).filter((move) => isAllowed(move, state));
    assert.deepEqual(leaving, state === "completed" ? [] : ["retry"]);
  }
});
