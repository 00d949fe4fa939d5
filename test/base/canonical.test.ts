import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { canonicalJson } from "../../lib/base/canonical.ts";
import type { Json } from "../../lib/base/json.ts";

/** The same value with the keys of every object in another order. */
function shuffled(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(shuffled);
  const pairs = Object.entries(value).map(([key, inner]) => [key, shuffled(inner)] as const);
  return Object.fromEntries(pairs.reverse());
}

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

test("the order of keys makes no difference, at any depth", () => {
  fc.assert(
    fc.property(json, (value) => {
      assert.equal(canonicalJson(shuffled(value)), canonicalJson(value));
    }),
  );
});

test("the text is JSON of the same value", () => {
  fc.assert(
    fc.property(json, (value) => {
      const plain = JSON.parse(JSON.stringify(value)) as Json;
      assert.deepEqual(JSON.parse(canonicalJson(plain)), plain);
    }),
  );
});

test("values that differ have texts that differ", () => {
  fc.assert(
    fc.property(json, json, (one, other) => {
      const same = isSame(JSON.stringify(one), JSON.stringify(other));
      assert.equal(canonicalJson(JSON.parse(JSON.stringify(one))) === canonicalJson(other), same);
    }),
  );
});

test("keys that JavaScript treats in their own way are keys like others", () => {
  const odd = JSON.parse('{"__proto__":1,"2":2,"10":3,"a":4}') as Json;
  assert.equal(canonicalJson(odd), '{"10":3,"2":2,"__proto__":1,"a":4}');
});

test("numbers are equal by their value, however they were written", () => {
  for (const text of ["2", "2.0", "20e-1"]) assert.equal(canonicalJson(JSON.parse(text)), "2");
  assert.equal(canonicalJson(JSON.parse("-0")), "0");
});

function isSame(one: string, other: string): boolean {
  try {
    assert.deepEqual(JSON.parse(one), JSON.parse(other));
    return true;
  } catch {
    return false;
  }
}
