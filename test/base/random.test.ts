import assert from "node:assert/strict";
import { test } from "node:test";
import { type Random, seededRandom, systemRandom } from "../../lib/base/random.ts";

const take = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

test("numbers lie in [0, 1) and spread evenly, past a refill of the pool", () => {
  for (const random of [systemRandom(), seededRandom(7)]) {
    const numbers = take(random, 10_000);
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    // Six standard deviations: fails by chance once in 500 million runs.
    assert.ok(Math.abs(mean - 0.5) < 0.0174, `mean ${mean}`);
  }
});

test("the same seed gives the same numbers, another seed others", () => {
  assert.deepEqual(take(seededRandom(42), 100), take(seededRandom(42), 100));
  assert.notDeepEqual(take(seededRandom(42), 100), take(seededRandom(43), 100));
});

test("two system randoms don't repeat each other, nor a pool itself", () => {
  const numbers = [...take(systemRandom(), 3_000), ...take(systemRandom(), 3_000)];
  // Of 6 000 draws from 2³² two are equal in one run of 240; three pairs never.
  assert.ok(new Set(numbers).size > 5_996);
});
