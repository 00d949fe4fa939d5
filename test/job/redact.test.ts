import assert from "node:assert/strict";
import { test } from "node:test";
import { redacted } from "../../lib/job/redact.ts";

const hidden = "[redacted]";

/** What is there, the paths, and what is shown. */
const table: [string, unknown, string[], unknown][] = [
  ["a field", { user: "ada", password: "x" }, ["password"], { user: "ada", password: hidden }],
  [
    "a nested one",
    { card: { number: 1, name: 2 } },
    ["card.number"],
    { card: { number: hidden, name: 2 } },
  ],
  ["a whole branch", { card: { number: 1 } }, ["card"], { card: hidden }],
  ["two of them", { a: 1, b: 2, c: 3 }, ["a", "c"], { a: hidden, b: 2, c: hidden }],
  [
    "empty values too",
    { a: null, b: "", c: false },
    ["a", "b", "c"],
    { a: hidden, b: hidden, c: hidden },
  ],
  [
    "each item of a list",
    { cards: [{ n: 1 }, { n: 2, m: 3 }] },
    ["cards.n"],
    { cards: [{ n: hidden }, { n: hidden, m: 3 }] },
  ],
  ["one item by its number", { keys: ["a", "b"] }, ["keys.1"], { keys: ["a", hidden] }],
  [
    "any key",
    { a: { t: 1 }, b: { t: 2, u: 3 } },
    ["*.t"],
    { a: { t: hidden }, b: { t: hidden, u: 3 } },
  ],
  ["any item", { list: [{ t: 1 }] }, ["list.*.t"], { list: [{ t: hidden }] }],
  ["a list at the root", [{ t: 1 }, 5], ["t"], [{ t: hidden }, 5]],
  [
    "nothing, where the path ends early",
    { card: "none" },
    ["card.number", "no.such"],
    { card: "none" },
  ],
  ["nothing in what is no object", "text", ["password"], "text"],
  ["nothing of a prototype", {}, ["toString", "constructor.name"], {}],
];

for (const [name, args, paths, shown] of table) {
  test(`redact hides ${name}`, () => {
    const before = JSON.stringify(args);
    assert.deepEqual(redacted(args, paths), shown);
    assert.equal(JSON.stringify(args), before, "the arguments themselves are not changed");
  });
}

test("what lies on no path is shared, not copied", () => {
  const args = { big: { list: [1, 2, 3] }, password: "x" };
  const shown = redacted(args, ["password"]);
  assert.equal(shown.big, args.big);
  assert.equal(redacted(args, []), args);
  assert.equal(redacted(args, ["absent"]), args);
});

test("a key named __proto__ stays a key", () => {
  const args = JSON.parse('{"__proto__":{"a":1},"password":"x"}');
  const shown = redacted(args, ["password"]);
  assert.equal(JSON.stringify(shown), '{"__proto__":{"a":1},"password":"[redacted]"}');
  assert.equal(
    JSON.stringify(redacted(args, ["__proto__.a"])),
    '{"__proto__":{"a":"[redacted]"},"password":"x"}',
  );
});
