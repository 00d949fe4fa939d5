import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMsMax, defaultBackoffMs } from "../../lib/base/backoff.ts";
import { type Random, seededRandom } from "../../lib/base/random.ts";
import type { BackoffPolicy } from "../../lib/job/backoff-policy.ts";
import { defineJob } from "../../lib/job/definition.ts";

const always = (value: number): Random => ({ next: () => value });

function waits(backoff: BackoffPolicy, random: Random, attempts = [1, 2, 3, 4]): unknown[] {
  const rule = defineJob("job", { backoff }).backoff;
  return attempts.map((attempt) => rule?.(attempt, new Error("no"), random));
}

const table: [string, BackoffPolicy, number[]][] = [
  ["fixed: the same each time", { type: "fixed", delay: "5s" }, [5000, 5000, 5000, 5000]],
  ["fixed without a delay: 15 s", { type: "fixed" }, [15_000, 15_000, 15_000, 15_000]],
  ["linear: delay · n", { type: "linear", delay: 10 }, [10, 20, 30, 40]],
  ["exponential: doubled", { type: "exponential", delay: 10 }, [10, 20, 40, 80]],
  ["exponential: by factor", { type: "exponential", delay: 10, factor: 3 }, [10, 30, 90, 270]],
  ["exponential: up to max", { type: "exponential", delay: 10, max: 25 }, [10, 20, 25, 25]],
  ["no delay at all", { type: "exponential", delay: 0 }, [0, 0, 0, 0]],
];

for (const [name, policy, expected] of table) {
  test(`a policy of type ${name}`, () => {
    assert.deepEqual(waits(policy, always(0.5)), expected);
  });
}

test("the default as a policy is the default formula, which may be cut and spread", () => {
  const random = always(0.5);
  assert.deepEqual(waits({ type: "default" }, random, [1, 3]), [
    defaultBackoffMs(1, random),
    defaultBackoffMs(3, random),
  ]);
  assert.deepEqual(waits({ type: "default", max: "1m", jitter: 0.5 }, random, [9]), [45_000]);
});

test("no wait exceeds a week, however late the attempt", () => {
  for (const type of ["linear", "exponential", "default"] as const) {
    assert.deepEqual(
      waits({ type }, always(0), [10_000]),
      type === "linear" ? [150_000_000] : [backoffMsMax],
    );
  }
  assert.deepEqual(waits({ type: "exponential", delay: 0 }, always(0), [10_000]), [0]);
});

test("jitter takes up to its share off, and full up to all of it", () => {
  const fixed = { type: "fixed", delay: 1000 } as const;
  assert.deepEqual(waits({ ...fixed, jitter: 0.2 }, always(0), [1]), [1000]);
  assert.deepEqual(waits({ ...fixed, jitter: 0.2 }, always(0.5), [1]), [900]);
  assert.deepEqual(waits({ ...fixed, jitter: "full" }, always(0.75), [1]), [250]);
  assert.deepEqual(waits({ ...fixed, jitter: 1 }, always(0.75), [1]), [250]);
  const spread = waits({ ...fixed, jitter: "full", max: 100 }, seededRandom(3), Array(50).fill(9));
  assert.equal(new Set(spread).size, 50);
  assert.ok(spread.every((wait) => (wait as number) >= 0 && (wait as number) <= 100));
});

test("the same random numbers make the same waits", () => {
  const policy = { type: "exponential", delay: "1s", jitter: 0.5 } as const;
  assert.deepEqual(waits(policy, seededRandom(7)), waits(policy, seededRandom(7)));
});
