import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { Heap, type HeapEntry } from "../../lib/base/heap.ts";

const numbers = () => new Heap<number>((one, other) => one < other);

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("push" as const), value: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("pop" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("remove" as const), at: fc.nat() }) },
);

test("a heap behaves as a sorted array, whatever is removed from its middle", () => {
  const histories = fc.array(step, { maxLength: 200 });
  fc.assert(
    fc.property(histories, (steps) => {
      const heap = numbers();
      let model: HeapEntry<number>[] = [];
      const least = () => Math.min(...model.map(({ value }) => value));
      for (const action of steps) {
        switch (action.type) {
          case "push":
            model.push(heap.push(action.value));
            break;
          case "pop": {
            const expected = model.length === 0 ? undefined : least();
            assert.equal(heap.peek(), expected);
            assert.equal(heap.pop(), expected);
            model = model.filter(({ at }) => at >= 0);
            break;
          }
          case "remove": {
            const entry = model[action.at % Math.max(1, model.length)];
            if (entry === undefined) break;
            assert.equal(heap.remove(entry), true);
            assert.equal(heap.remove(entry), false);
            model = model.filter((other) => other !== entry);
            break;
          }
          default:
            action satisfies never;
        }
        assert.equal(heap.size, model.length);
      }
      const rest = model.map(({ value }) => value).sort((one, other) => one - other);
      assert.deepEqual(
        rest.map(() => heap.pop()),
        rest,
      );
    }),
  );
});

test("what takes a removed entry's place may have to rise", () => {
  const heap = numbers();
  // The left half is large, the right half small, and the last of all, 8, is in the right one.
  const layout = [1, 100, 2, 101, 102, 3, 4, 103, 104, 105, 106, 5, 6, 7, 8];
  const entries = layout.map((value) => heap.push(value));
  assert.equal(heap.remove(entries[3] as HeapEntry<number>), true);
  const left = entries.slice(1).map(() => heap.pop());
  assert.deepEqual(left, [1, 2, 3, 4, 5, 6, 7, 8, 100, 102, 103, 104, 105, 106]);
});

test("an empty heap has no least", () => {
  const heap = numbers();
  assert.equal(heap.peek(), undefined);
  assert.equal(heap.pop(), undefined);
});

test("an entry of another heap is not removed", () => {
  const entry = numbers().push(1);
  const other = numbers();
  other.push(1);
  assert.equal(other.remove(entry), false);
  assert.equal(other.size, 1);
});
