import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import {
  type Decision,
  decide,
  isLate,
  type Overlap,
  type SchedulePolicy,
} from "../../lib/job/schedule-policy.ts";

const policy = (overlap: Overlap, deadlineMs?: number): SchedulePolicy => ({
  overlap,
  missed: { type: "once" },
  windowMs: 0,
  deadlineMs,
});
const skip = (reason: string) => ({ type: "skip", reason }) as Decision;
const [enqueue, queue] = [{ type: "enqueue" }, { type: "queue" }] as const;
const cancel = { type: "cancel-and-enqueue" } as const;

const table: [overlap: Overlap, running: number, queued: number, decision: Decision][] = [
  ["skip", 0, 0, enqueue],
  ["skip", 1, 0, skip("overlap")],
  ["skip", 0, 1, skip("overlap")],
  ["queue-one", 0, 0, enqueue],
  ["queue-one", 1, 0, queue],
  ["queue-one", 1, 1, skip("queued")],
  ["queue-one", 0, 1, skip("queued")],
  ["queue-all", 0, 0, enqueue],
  ["queue-all", 1, 0, queue],
  ["queue-all", 1, limits.scheduleQueued - 1, queue],
  ["queue-all", 1, limits.scheduleQueued, skip("queued")],
  ["cancel-running", 0, 0, enqueue],
  ["cancel-running", 1, 0, cancel],
  ["cancel-running", 0, 1, cancel],
  ["allow", 0, 0, enqueue],
  ["allow", 50, 50, enqueue],
];

for (const [overlap, running, queued, decision] of table) {
  const name = "reason" in decision ? `${decision.type}: ${decision.reason}` : decision.type;
  test(`${overlap} with ${running} running and ${queued} waiting: ${name}`, () => {
    assert.deepEqual(decide(policy(overlap), { dueAt: 0, now: 1e9, running, queued }), decision);
  });
}

test("what is later than its deadline is skipped, whatever the overlap", () => {
  const facts = { dueAt: 1_000, running: 0, queued: 0 };
  for (const overlap of ["skip", "allow", "queue-all"] as const) {
    assert.deepEqual(decide(policy(overlap, 500), { ...facts, now: 1_500 }), enqueue);
    assert.deepEqual(decide(policy(overlap, 500), { ...facts, now: 1_501 }), skip("deadline"));
  }
});

test("a run that waited is asked again whether it is late", () => {
  assert.equal(isLate({ deadlineMs: 500 }, 1_000, 1_500), false);
  assert.equal(isLate({ deadlineMs: 500 }, 1_000, 1_501), true);
  assert.equal(isLate({ deadlineMs: undefined }, 1_000, 1e15), false);
});
