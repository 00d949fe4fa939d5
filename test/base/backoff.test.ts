import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMsMax, defaultBackoffMs } from "../../lib/base/backoff.ts";
import { seededRandom } from "../../lib/base/random.ts";

const always = (value: number) => ({ next: () => value });

test("the wait is attempt⁴ + 15 + random · 30 · (attempt + 1) seconds", () => {
  assert.equal(defaultBackoffMs(1, always(0)), 16_000);
  assert.equal(defaultBackoffMs(3, always(0)), 96_000);
  assert.equal(defaultBackoffMs(3, always(0.5)), 156_000);
});

test("it is clamped to a week", () => {
  assert.equal(defaultBackoffMs(10_000, always(1)), backoffMsMax);
  assert.equal(backoffMsMax, 604_800_000);
});

test("it grows with the attempts and spreads the same attempt", () => {
  const random = seededRandom(1);
  const waits = Array.from({ length: 20 }, () => defaultBackoffMs(5, random));
  assert.ok(new Set(waits).size > 15);
  assert.ok(Math.min(...waits) >= 640_000 && Math.max(...waits) < 820_000);
});
