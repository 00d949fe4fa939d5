import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { durationMs } from "../../lib/base/duration.ts";

test("each unit counts", () => {
  const table = { "250ms": 250, "90s": 90_000, "5m": 300_000, "2h": 7_200_000, "1d": 86_400_000 };
  for (const [text, ms] of Object.entries(table)) assert.equal(durationMs(text, "at"), ms);
});

test("a number is milliseconds; fractions are rounded; blanks are allowed", () => {
  assert.equal(durationMs(1_500, "at"), 1_500);
  assert.equal(durationMs(0, "at"), 0);
  assert.equal(durationMs("1.5s", "at"), 1_500);
  assert.equal(durationMs(" 5 m ", "at"), 300_000);
  assert.equal(durationMs(0.6, "at"), 1);
});

const refused: readonly unknown[] = [
  "",
  "5",
  "-5s",
  "5 weeks",
  "s",
  "1e3s",
  "5M",
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "999999999999d",
  null,
  undefined,
  {},
  [5],
  true,
  5n,
];

test("anything else is refused with its path", () => {
  for (const value of refused) {
    assert.throws(() => durationMs(value, "queues.mail.timeout"), {
      name: "ErgateError",
      code: "ERR_ERGATE_DURATION",
      path: "queues.mail.timeout",
    });
  }
});

test("no text makes it throw anything else, and what it returns is whole and not negative", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^\d{1,6}(\.\d)? ?(ms|s|m|h|d)$/)),
      (text) => {
        try {
          const ms = durationMs(text, "at");
          assert.ok(Number.isSafeInteger(ms) && ms >= 0);
        } catch (error) {
          assert.equal((error as { code?: string }).code, "ERR_ERGATE_DURATION");
        }
      },
    ),
  );
});
