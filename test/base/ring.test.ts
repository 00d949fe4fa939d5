import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { Ring } from "../../lib/base/ring.ts";

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("push" as const), value: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("shift" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("dropOldest" as const), value: fc.nat() }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

test("a ring behaves as an array that refuses past its capacity", () => {
  const run = (capacity: number, steps: readonly Step[]) => {
    const ring = new Ring<number>(capacity);
    const model: number[] = [];
    for (const action of steps) {
      switch (action.type) {
        case "push":
          assert.equal(ring.push(action.value), model.length < capacity);
          if (model.length < capacity) model.push(action.value);
          break;
        case "shift":
          assert.equal(ring.shift(), model.shift());
          break;
        case "dropOldest":
          assert.equal(ring.shift(), model.shift());
          assert.equal(ring.push(action.value), true);
          model.push(action.value);
          break;
        default:
          action satisfies never;
      }
      assert.equal(ring.size, model.length);
    }
    while (model.length > 0) assert.equal(ring.shift(), model.shift());
    assert.equal(ring.shift(), undefined);
  };
  const histories = fc.array(step, { maxLength: 200 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), histories, run));
});

test("a ring without a bound takes whatever is pushed", () => {
  const ring = new Ring<number>(Number.POSITIVE_INFINITY);
  for (let value = 0; value < 10_000; value++) assert.ok(ring.push(value));
  for (let value = 0; value < 10_000; value++) assert.equal(ring.shift(), value);
});

test("a ring that grows while it is wrapped keeps its order", () => {
  const ring = new Ring<number>(100);
  for (let value = 0; value < 8; value++) ring.push(value);
  for (let value = 0; value < 3; value++) assert.equal(ring.shift(), value);
  for (let value = 8; value < 30; value++) ring.push(value);
  for (let value = 3; value < 30; value++) assert.equal(ring.shift(), value);
});

test("a cleared ring is empty and usable", () => {
  const ring = new Ring<string>(3);
  ring.push("a");
  ring.push("b");
  ring.clear();
  assert.equal(ring.size, 0);
  assert.equal(ring.shift(), undefined);
  ring.push("c");
  assert.equal(ring.shift(), "c");
});

test("a shifted item is no longer held", async () => {
  const ring = new Ring<object>(4);
  const collect = await collector();
  ring.push({ large: true });
  const gone = new WeakRef(ring.shift() as object);
  await collect();
  assert.equal(gone.deref(), undefined);
  assert.equal(ring.size, 0);
});

/** Garbage collection on demand. A WeakRef keeps its target until the current job's end. */
async function collector(): Promise<() => Promise<void>> {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return async () => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    collect();
  };
}

test("a ring needs room for one", () => {
  assert.throws(() => new Ring(0), RangeError);
  assert.throws(() => new Ring(Number.NaN), RangeError);
});
