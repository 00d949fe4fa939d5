import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelJob, discard, isDirective, retryAfter, snooze } from "../../lib/job/directive.ts";

test("a directive says what was asked for, its time in milliseconds", () => {
  assert.deepEqual({ ...retryAfter("2m") }, { type: "retryAfter", ms: 120_000 });
  assert.deepEqual({ ...retryAfter(new Date(7)) }, { type: "retryAt", at: 7 });
  assert.deepEqual({ ...snooze(1.4) }, { type: "snooze", ms: 1 });
  assert.deepEqual({ ...discard("why") }, { type: "discard", reason: "why" });
  assert.deepEqual({ ...cancelJob("why") }, { type: "cancelJob", reason: "why" });
});

test("only what the functions made is a directive, however alike a result looks", () => {
  for (const directive of [retryAfter(1), snooze(1), discard(""), cancelJob("")]) {
    assert.ok(isDirective(directive));
  }
  for (const value of [{ type: "snooze", ms: 1 }, null, undefined, "snooze", { ...snooze(1) }]) {
    assert.ok(!isDirective(value));
  }
});

test("a directive can't be changed after it was made", () => {
  assert.ok(Object.isFrozen(snooze(1)));
});

test("a directive of another copy of the file is known by its mark", () => {
  const foreign = Object.defineProperty({}, Symbol.for("ergate.directive"), { value: true });
  assert.ok(isDirective(foreign));
});

test("retryAfter keeps what went wrong", () => {
  const cause = new TypeError("busy", { cause: new Error("deeper") });
  const { error, ...rest } = retryAfter("1s", cause) as { error?: { stack: string } };
  assert.deepEqual(rest, { type: "retryAfter", ms: 1000 });
  assert.match(error?.stack ?? "", /TypeError: busy[\s\S]*caused by: Error: deeper/);
  const plain = { type: "retryAt", at: 9, error: { message: "busy", stack: undefined } };
  assert.deepEqual({ ...retryAfter(new Date(9), "busy") }, plain);
});

test("a time that is none is refused by the name of the function", () => {
  const refusal = (path: string) => ({ code: "ERR_ERGATE_DURATION", path });
  assert.throws(() => snooze("soon"), refusal("snooze"));
  assert.throws(() => retryAfter(-1), refusal("retryAfter"));
  assert.throws(() => retryAfter(new Date(Number.NaN)), refusal("retryAfter"));
});

test("a reason of another type becomes text", () => {
  assert.equal((discard(7 as unknown as string) as { reason: string }).reason, "7");
});
