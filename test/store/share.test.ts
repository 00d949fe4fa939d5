import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { shareOut } from "../../lib/store/share.ts";

const supply = (has: Record<string, number>) =>
  Object.entries(has).map(([queue, count]) => ({ queue, has: count }));
const taken = (has: Record<string, number>, limit: number, after?: string) => {
  const { shares, last } = shareOut(supply(has), limit, after);
  return [Object.fromEntries(shares.map(({ queue, take }) => [queue, take])), last];
};

test("queues get the same, and what one leaves goes to the others", () => {
  assert.deepEqual(taken({ a: 9, b: 9, c: 9 }, 6), [{ a: 2, b: 2, c: 2 }, undefined]);
  assert.deepEqual(taken({ a: 1, b: 9, c: 9 }, 9), [{ a: 1, b: 4, c: 4 }, undefined]);
  assert.deepEqual(taken({ a: 1, b: 2 }, 9), [{ a: 1, b: 2 }, undefined]);
});

test("odd ones go on from where the last sharing ended", () => {
  assert.deepEqual(taken({ a: 9, b: 9, c: 9 }, 4), [{ a: 2, b: 1, c: 1 }, "a"]);
  assert.deepEqual(taken({ a: 9, b: 9, c: 9 }, 1, "a"), [{ b: 1 }, "b"]);
  assert.deepEqual(taken({ a: 9, b: 9, c: 9 }, 2, "b"), [{ c: 1, a: 1 }, "a"]);
  assert.deepEqual(taken({ a: 9, c: 9 }, 1, "b"), [{ c: 1 }, "c"]);
  assert.deepEqual(taken({ a: 9, b: 9 }, 1, "gone"), [{ a: 1 }, "a"]);
});

test("shares come in the order of the turn, by name however they were listed", () => {
  const { shares } = shareOut(supply({ c: 1, a: 1, b: 1 }), 3, "a");
  assert.deepEqual(
    shares.map(({ queue }) => queue),
    ["b", "c", "a"],
  );
});

test("nothing to share, nothing shared", () => {
  assert.deepEqual(taken({ a: 0, b: 3 }, 0, "x"), [{}, "x"]);
  assert.deepEqual(taken({ a: 0 }, 5, "x"), [{}, "x"]);
});

const supplies = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e")).chain((queues) =>
  fc.tuple(
    ...queues.map((queue) =>
      fc.record({
        queue: fc.constant(queue),
        has: fc.nat({ max: 20 }),
      }),
    ),
  ),
);

test("all of the limit is shared, no queue gets more than it has, and shares differ by one", () => {
  const after = fc.option(fc.constantFrom("a", "c", "x"), { nil: undefined });
  const property = fc.property(supplies, fc.nat({ max: 40 }), after, (given, limit, turn) => {
    const { shares } = shareOut(given, limit, turn);
    const take = new Map(shares.map((share) => [share.queue, share.take]));
    const sum = [...take.values()].reduce((total, one) => total + one, 0);
    assert.equal(
      sum,
      Math.min(
        limit,
        given.reduce((total, { has }) => total + has, 0),
      ),
    );
    const most = Math.max(0, ...take.values());
    for (const { queue, has } of given) {
      const got = take.get(queue) ?? 0;
      assert.ok(got <= has && (got === has || got >= most - 1));
    }
  });
  fc.assert(property);
});

test("one at a time, every queue that stays gets its turn, whatever others come and go", () => {
  const property = fc.property(
    fc.array(fc.subarray(["b", "c", "d"]), { minLength: 4 }),
    (rounds) => {
      let last: string | undefined;
      let since = 0;
      for (const others of rounds) {
        const sharing = shareOut(
          supply(Object.fromEntries(["a", ...others].map((q) => [q, 5]))),
          1,
          last,
        );
        last = sharing.last ?? sharing.shares[0]?.queue;
        since = sharing.shares[0]?.queue === "a" ? 0 : since + 1;
        assert.ok(since <= 3, "queue a starves");
      }
    },
  );
  fc.assert(property);
});
