import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { crashVerdict, hasCulprit, type InterruptedRun } from "../../lib/store/crash.ts";

const now = 1_000_000_000;
const run = (change: Partial<InterruptedRun> = {}): InterruptedRun => ({
  ...{ ask: undefined, entered: true, suspect: false, crashes: 0, crashedAt: undefined },
  ...{ crashLimit: 3, ...change },
});

test("an ask is done first, whatever else is known of the run", () => {
  for (const entered of [true, false]) {
    const ended = (ask: "stop" | "cancel") =>
      crashVerdict(run({ ask, entered, suspect: true, crashes: 9 }), true, now);
    assert.deepEqual(ended("stop"), { type: "ended", state: "stopped" });
    assert.deepEqual(ended("cancel"), { type: "ended", state: "cancelled" });
  }
});

test("a run that was not entered is released as it was", () => {
  const held = run({ entered: false, suspect: true, crashes: 2, crashedAt: now });
  assert.deepEqual(crashVerdict(held, false, now), { type: "released" });
});

test("without a culprit every entered run is counted and becomes a suspect", () => {
  const counted = { type: "suspected", crashes: 1, crashedAt: now };
  assert.deepEqual(crashVerdict(run(), false, now), counted);
});

test("with a culprit only that is counted", () => {
  const beside = run({ crashes: 1, crashedAt: now - 5 });
  const watched = { type: "suspected", crashes: 1, crashedAt: now - 5 };
  assert.deepEqual(crashVerdict(beside, true, now), watched);
  const none = { type: "suspected", crashes: 0, crashedAt: undefined };
  assert.deepEqual(crashVerdict(run(), true, now), none);
  const again = { type: "suspected", crashes: 2, crashedAt: now };
  assert.deepEqual(crashVerdict({ ...beside, suspect: true }, true, now), again);
});

test("at its limit a job is poisoned, and never with an infinite one", () => {
  const third = run({ suspect: true, crashes: 2, crashedAt: now });
  assert.deepEqual(crashVerdict(third, true, now), {
    ...{ type: "poisoned", crashes: 3, crashedAt: now },
  });
  assert.equal(crashVerdict(run({ crashLimit: 1 }), false, now).type, "poisoned");
  const free = { ...third, crashes: 99, crashLimit: Number.POSITIVE_INFINITY };
  assert.deepEqual(crashVerdict(free, true, now), { type: "interrupted" });
});

test("a crash at the window's end counts, one behind it starts again", () => {
  const crashedAt = now - limits.crashWindowMs;
  const old = run({ suspect: true, crashes: 2, crashedAt });
  assert.equal(crashVerdict(old, true, now).type, "poisoned");
  const again = { type: "suspected", crashes: 1, crashedAt: now + 1 };
  assert.deepEqual(crashVerdict(old, true, now + 1), again);
});

test("a culprit is a suspect that was entered", () => {
  assert.ok(hasCulprit([run(), run({ suspect: true })]));
  assert.ok(!hasCulprit([run(), run({ suspect: true, entered: false })]));
});
