import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { hookBackoffMs, nextTryAt } from "../../lib/hook/retry.ts";

const random = (value: number) => ({ next: () => value });
const failure = { attempt: 1, firstAt: 0, now: 10, maxAgeMs: 86_400_000, retryAfter: undefined };

test("waits double from 2 s to an hour, half of it more or less", () => {
  const waits = (value: number) =>
    [1, 2, 3, 11, 12, 99].map((n) => hookBackoffMs(n, random(value)));
  assert.deepEqual(waits(0.5), [2_000, 4_000, 8_000, 2_048_000, 3_600_000, 3_600_000]);
  assert.deepEqual(waits(0).slice(0, 2), [1_000, 2_000]);
  assert.ok(hookBackoffMs(1, random(0.999)) < 3_000);
});

test("a receiver's Retry-After holds where it is longer, up to an hour", () => {
  const at = (retryAfter: string, attempt = 1) =>
    nextTryAt({ ...failure, retryAfter, attempt }, random(0.5));
  assert.equal(at("60"), 60_010);
  assert.equal(at("1"), 2_010);
  assert.equal(at("99999"), limits.hookRetryAfterMsMax + 10);
  assert.equal(at(new Date(30_000).toUTCString()), 30_000);
  assert.equal(at("soon"), 2_010);
});

test("the last try is at the very end of an event's time, and then there is none", () => {
  const near = { ...failure, attempt: 20, now: 86_400_000 - 1_000 };
  assert.equal(nextTryAt(near, random(0.5)), 86_400_000);
  assert.equal(nextTryAt({ ...near, now: 86_400_000 }, random(0.5)), undefined);
});
