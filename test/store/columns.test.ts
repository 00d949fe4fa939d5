import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { limits } from "../../lib/base/limits.ts";
import { pack, table, unpack } from "../../lib/store/sqlite/columns.ts";

interface Thing {
  n: number | undefined;
  text: string | undefined;
  tags?: readonly string[];
}

const things = table<Thing>(
  { n: (thing) => thing.n, text: (thing) => thing.text, tags: (thing) => thing.tags as string[] },
  ({ n, text, tags }, at) => ({ n: n[at], text: text[at], tags: tags[at] as string[] }),
);

const thing = fc.record({
  n: fc.option(fc.oneof(fc.integer(), fc.double()), { nil: undefined }),
  text: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
  tags: fc.option(fc.array(fc.string()), { nil: undefined }),
});
const few = fc.record({ n: fc.integer(), text: fc.string(), tags: fc.constant(undefined) });

/** Where the other thread gets it. */
function crossed(items: readonly Thing[]): Thing[] {
  return unpack(structuredClone(pack(items, things)), things);
}

test("whatever objects are packed come out as they were, in their order", () => {
  const lists = fc.oneof(fc.array(thing), fc.array(few), fc.array(thing, { minLength: 100 }));
  fc.assert(
    fc.property(lists, (made) => {
      const items = made.map((each) => ({ ...each }) as Thing);
      assert.deepEqual(crossed(items), items);
    }),
  );
});

test("what all have is told once, numbers and short texts lie together", () => {
  const items: Thing[] = ["a", "bb"].map((text, n) => ({ n, text }));
  const [n, text, tags] = pack(items, things).columns;
  assert.deepEqual(n, new Float64Array([0, 1]));
  assert.deepEqual(text, { text: "abb", ends: new Uint32Array([1, 3]) });
  assert.deepEqual(tags, { all: undefined });
});

test("long texts are not joined, so that one that is kept does not keep the others", () => {
  const long = "x".repeat(limits.storeJoinedChars);
  const items: Thing[] = ["a", "b"].map((letter) => ({ n: 1, text: letter + long }));
  assert.deepEqual(
    pack(items, things).columns[1],
    items.map(({ text }) => text),
  );
});
