import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMsMax, defaultBackoffMs } from "../../lib/base/backoff.ts";
import { limits } from "../../lib/base/limits.ts";
import { cancelJob, discard, retryAfter, snooze } from "../../lib/job/directive.ts";
import {
  type Asked,
  type Ending,
  outcomeOf,
  type RunFacts,
  runError,
} from "../../lib/job/ending.ts";
import type { Directive, Outcome } from "../../lib/job/outcome.ts";

const now = 1_000_000;
const half = { next: () => 0.5 };
const error = { message: "boom", stack: "boom at x" };
const askeds: readonly Asked[] = [undefined, "stop", "cancel", "shutdown", "timeout"];

function facts(change: Partial<RunFacts> = {}): RunFacts {
  const { attempt = 1, maxAttempts = 4, asked, reason = "why" } = change;
  return { attempt, maxAttempts, asked, reason, now, backoff: change.backoff };
}

const returned: Ending = { type: "returned", result: "1" };
const threw: Ending = { type: "threw", error, thrown: new Error("boom") };
const late = { type: "failed", error: { message: "why", stack: undefined } };
const waitMs = defaultBackoffMs(1, half);

/** Ending by ending, what it is without an ask, and after each of them. */
const table: [string, Ending, Record<string, Outcome>][] = [
  ["returned", returned, { any: { type: "completed", result: "1" } }],
  [
    "threw",
    threw,
    {
      none: { type: "failed", error, runAt: now + waitMs },
      stop: { type: "stopped", reason: "why", error },
      cancel: { type: "cancelled", reason: "why", error },
      shutdown: { type: "released", entered: true },
      timeout: { ...late, runAt: now + waitMs } as Outcome,
    },
  ],
  [
    "snooze",
    { type: "directed", directive: snooze("5s") },
    { any: { type: "snoozed", runAt: now + 5_000 } },
  ],
  [
    "discard",
    { type: "directed", directive: discard("no use") },
    { any: { type: "discarded", reason: "no use", error: undefined } },
  ],
  [
    "cancelJob",
    { type: "directed", directive: cancelJob("not now") },
    { any: { type: "cancelled", reason: "not now", error: undefined } },
  ],
  [
    "retryAfter",
    { type: "directed", directive: retryAfter(70) },
    {
      any: {
        type: "failed",
        error: { message: "retry after 70 ms", stack: undefined },
        runAt: now + 70,
      },
    },
  ],
];

for (const [name, ending, expected] of table) {
  for (const asked of askeds) {
    test(`${name} after ${asked ?? "no"} ask has its one outcome`, () => {
      const outcome = outcomeOf(ending, facts({ asked }), half);
      assert.deepEqual(outcome, expected.any ?? expected[asked ?? "none"]);
    });
  }
}

test("without attempts left an error is the death of the job", () => {
  const last = facts({ attempt: 4 });
  assert.deepEqual(outcomeOf(threw, last, half), { type: "discarded", reason: "boom", error });
  const again = { type: "directed", directive: retryAfter(1) } as const;
  assert.equal(outcomeOf(again, last, half).type, "discarded");
  const timedOut = outcomeOf(threw, { ...last, asked: "timeout" }, half);
  assert.equal((timedOut as { reason: string }).reason, "why");
  assert.equal(outcomeOf(threw, { ...last, asked: "shutdown" }, half).type, "released");
});

test("the job's own backoff is asked with the attempt and the error, and clamped to a week", () => {
  const calls: unknown[] = [];
  const backoff = (attempt: number, thrown: unknown) => {
    calls.push(attempt, (thrown as Error).message);
    return "90s";
  };
  const outcome = outcomeOf(threw, facts({ attempt: 2, backoff }), half);
  assert.deepEqual(outcome, { type: "failed", error, runAt: now + 90_000 });
  assert.deepEqual(calls, [2, "boom"]);
  const long = outcomeOf(threw, facts({ backoff: () => "300d" }), half);
  assert.equal((long as { runAt: number }).runAt, now + backoffMsMax);
});

test("an error that says when to come back is not tried sooner, nor later than in a week", () => {
  const wait = (retryAfter: unknown, backoff = () => 5_000 as number) => {
    const thrown = Object.assign(new Error("boom"), { retryAfter });
    const outcome = outcomeOf({ type: "threw", error, thrown }, facts({ backoff }), half);
    return (outcome as { runAt: number }).runAt - now;
  };
  assert.equal(wait(60), 60_000);
  assert.equal(wait(new Date(now + 90_400)), 90_000, "HTTP dates have whole seconds");
  assert.equal(wait(1), 5_000, "the job's own backoff is longer");
  assert.equal(wait("tomorrow"), 5_000);
  assert.equal(wait(1e9), backoffMsMax);
});

test("retryAfter stands in the place of the backoff, and its cause in that of the error", () => {
  const end = (directive: Directive) =>
    outcomeOf({ type: "directed", directive }, facts({ backoff: () => "1h" }), half);
  const cause = { message: "busy", stack: undefined };
  const later = { type: "failed", runAt: now + 250, error: cause };
  assert.deepEqual(end(retryAfter(250, "busy")), later);
  assert.deepEqual(end(retryAfter(new Date(now + 250), "busy")), later);
  const past = {
    type: "failed",
    runAt: now,
    error: { message: "retry at 1970-01-01T00:00:00.005Z" },
  };
  assert.deepEqual(end(retryAfter(new Date(5))), {
    ...past,
    error: { ...past.error, stack: undefined },
  });
  assert.equal((end(retryAfter("30d")) as { runAt: number }).runAt, now + 30 * 86_400_000);
});

test("a backoff that throws or answers nonsense loses no retry", () => {
  const throwing = () => {
    throw new Error("in the backoff");
  };
  for (const backoff of [throwing, () => "soon", () => Number.NaN, () => -1]) {
    const outcome = outcomeOf(threw, facts({ backoff }), half);
    assert.deepEqual(outcome, { type: "failed", error, runAt: now + waitMs });
  }
});

test("anything thrown becomes an error of bounded size, its causes in the stack", () => {
  const cause = new Error("the root");
  const found = runError(new Error("on top", { cause }));
  assert.equal(found.message, "on top");
  assert.match(found.stack ?? "", /on top[\s\S]*caused by: Error: the root/);
  assert.deepEqual(runError("text"), { message: "text", stack: undefined });
  assert.deepEqual(runError(undefined), { message: "undefined", stack: undefined });
  const huge = new Error("x".repeat(limits.errorMessageChars * 3));
  assert.equal(runError(huge).message.length, limits.errorMessageChars);
  assert.equal(runError(huge).stack?.length, limits.errorStackChars);
});

test("the errors of an AggregateError are in its stack, as far as there is room", () => {
  const inner = [new RangeError("first", { cause: "why" }), "second"];
  const stack = runError(new AggregateError(inner, "all failed")).stack ?? "";
  const order = /all failed[\s\S]*one of its errors: RangeError: first[\s\S]*caused by: why/;
  assert.match(stack, order);
  assert.match(stack, /one of its errors: second/);
  const many = new AggregateError(Array(100_000).fill(new Error("x")));
  assert.equal(runError(many).stack?.length, limits.errorStackChars);
});

test("an error that is its own cause has an end", () => {
  const circular = new Error("round");
  circular.cause = circular;
  assert.match(runError(circular).stack ?? "", /caused by/);
});
