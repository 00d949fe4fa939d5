import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { type QueueSupply, Turns } from "../../lib/store/turns.ts";

function supply(weights: Record<string, number>, has = 1_000_000): QueueSupply[] {
  return Object.entries(weights).map(([queue, weight]) => ({ queue, weight, has }));
}

/** The queues' names in the order in which their jobs come. */
function order(turns: Turns, supplies: readonly QueueSupply[], limit: number): string[] {
  return turns.next(supplies, limit).map((at) => supplies[at]?.queue ?? "");
}

function counted(names: readonly string[], name: string): number {
  return names.filter((one) => one === name).length;
}

/** Starts of queues a, b and c with weights 5, 2 and 1, by claims of random sizes. */
function starts(sizes: readonly number[], count: number): string[] {
  const turns = new Turns();
  const supplies = supply({ a: 5, b: 2, c: 1 });
  const names: string[] = [];
  for (let at = 0; names.length < count; at++) {
    names.push(...order(turns, supplies, sizes[at % sizes.length] as number));
  }
  return names.slice(0, count);
}

const sizes = fc.array(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 20 });
const shares = { a: 5 / 8, b: 2 / 8, c: 1 / 8 };

test("weights 5, 2 and 1 get their shares of 10 000 starts within 3 %", () => {
  const property = fc.property(sizes, (claims) => {
    const names = starts(claims, 10_000);
    for (const [name, share] of Object.entries(shares)) {
      const off = Math.abs(counted(names, name) / (10_000 * share) - 1);
      assert.ok(off < 0.03, `${name} is off by ${off}`);
    }
  });
  fc.assert(property, { numRuns: 30 });
});

test("weights 5, 2 and 1 get their shares of any 800 starts within 6 %", () => {
  const property = fc.property(sizes, fc.nat({ max: 3_000 }), (claims, from) => {
    const names = starts(claims, from + 800).slice(from);
    for (const [name, share] of Object.entries(shares)) {
      const off = Math.abs(counted(names, name) / (800 * share) - 1);
      assert.ok(off < 0.06, `${name} is off by ${off}`);
    }
  });
  fc.assert(property, { numRuns: 100 });
});

test("a queue of weight 1 beside one of 100 000 gets its turn, and no more", () => {
  const turns = new Turns();
  const supplies = supply({ big: 100_000, small: 1 });
  const names = order(turns, supplies, 200_002);
  assert.equal(counted(names, "small"), 2);
});

test("one that was empty joins at the present: it has no claim on what it did not use", () => {
  const turns = new Turns();
  order(turns, supply({ a: 1 }), 1_000);
  order(turns, supply({ a: 1, b: 1 }), 1_000);
  const names = order(turns, supply({ a: 1, b: 1, c: 1 }), 300);
  for (const name of ["a", "b", "c"]) assert.ok(Math.abs(counted(names, name) - 100) <= 1);
});

test("one that comes and goes gets no more than its share for that", () => {
  const turns = new Turns();
  const names: string[] = [];
  for (let round = 0; round < 1_000; round++) {
    names.push(...order(turns, supply({ a: 9, b: 1 }), 1));
    names.push(...order(turns, supply({ a: 9 }), 1));
  }
  assert.ok(counted(names, "b") <= 1_000 * 0.12, `${counted(names, "b")} of 2 000`);
});

const supplies = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e")).chain((queues) =>
  fc.tuple(
    ...queues.map((queue) =>
      fc.record({
        queue: fc.constant(queue),
        weight: fc.integer({ min: 1, max: 9 }),
        has: fc.nat({ max: 20 }),
      }),
    ),
  ),
);

test("all of the limit is shared, and no queue gives more than it has", () => {
  const turns = new Turns();
  const property = fc.property(supplies, fc.nat({ max: 40 }), (given, limit) => {
    const names = order(turns, given, limit);
    const total = given.reduce((sum, { has }) => sum + has, 0);
    assert.equal(names.length, Math.min(limit, total));
    for (const { queue, has } of given) assert.ok(counted(names, queue) <= has);
  });
  fc.assert(property);
});

test("of equal weights what one leaves goes to the others, evenly", () => {
  const turns = new Turns();
  const given = [
    { queue: "a", weight: 1, has: 1 },
    { queue: "b", weight: 1, has: 9 },
    { queue: "c", weight: 1, has: 9 },
  ];
  const names = order(turns, given, 9);
  assert.deepEqual(
    ["a", "b", "c"].map((name) => counted(names, name)),
    [1, 4, 4],
  );
});

test("one at a time, every queue that stays gets its turn, whatever others come and go", () => {
  const property = fc.property(
    fc.array(fc.subarray(["b", "c", "d"]), { minLength: 4 }),
    (rounds) => {
      const turns = new Turns();
      let since = 0;
      for (const others of rounds) {
        const weights = Object.fromEntries(["a", ...others].map((queue) => [queue, 1]));
        since = order(turns, supply(weights), 1)[0] === "a" ? 0 : since + 1;
        assert.ok(since <= 3, "queue a starves");
      }
    },
  );
  fc.assert(property);
});
