import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { defineJob } from "../../lib/job/definition.ts";
import { newJob, type RequestFacts } from "../../lib/job/request.ts";
import { parseUnique, type UniqueOptions, uniqueOf } from "../../lib/job/unique.ts";

const parse = (value: unknown) => parseUnique(value, "unique");

/** The key of a job with these arguments. */
function keyOf(unique: boolean | UniqueOptions, args: unknown, name = "mail"): string {
  const rule = parse(unique);
  assert.ok(rule);
  return uniqueOf(rule, name, JSON.stringify(args)).key;
}

test("true is by the arguments, until done, keep; false is none", () => {
  const rule = { by: { type: "args" }, until: "done", onConflict: "keep", moveTime: false };
  for (const value of [true, {}, { by: "args" }]) assert.deepEqual(parse(value), rule);
  for (const value of [false, undefined]) assert.equal(parse(value), undefined);
});

test("every option is taken as it was given", () => {
  const replace = { by: ["to", "a.b", "to"], until: "5m", onConflict: "replace", runAt: "replace" };
  assert.deepEqual(parse(replace), {
    ...{ by: { type: "fields", fields: ["a.b", "to"] }, until: 300_000 },
    ...{ onConflict: "replace", moveTime: true },
  });
  assert.deepEqual(parse({ by: { key: "k" }, until: "started", onConflict: "reject" }), {
    ...{ by: { type: "key", key: "k" }, until: "started", onConflict: "reject", moveTime: false },
  });
});

const refusals: [unknown, string][] = [
  ["args", "unique"],
  [null, "unique"],
  [1, "unique"],
  [[], "unique"],
  [{ for: "1m" }, "unique.for"],
  [{ by: "to" }, "unique.by"],
  [{ by: null }, "unique.by"],
  [{ by: [] }, "unique.by"],
  [{ by: [""] }, "unique.by"],
  [{ by: ["a..b"] }, "unique.by"],
  [{ by: ["a."] }, "unique.by"],
  [{ by: [1] }, "unique.by"],
  [{ by: ["x".repeat(limits.uniqueFieldChars + 1)] }, "unique.by"],
  [{ by: Array.from({ length: limits.uniqueFields + 1 }, (_, at) => `f${at}`) }, "unique.by"],
  [{ by: {} }, "unique.by.key"],
  [{ by: { key: undefined } }, "unique.by.key"],
  [{ by: { key: undefined }, until: "1m" }, "unique.by.key"],
  [{ by: { key: "" } }, "unique.by.key"],
  [{ by: { key: 7 } }, "unique.by.key"],
  [{ by: { key: "x".repeat(limits.uniqueKeyChars + 1) } }, "unique.by.key"],
  [{ by: { key: "k", fields: [] } }, "unique.by.fields"],
  [{ until: 0 }, "unique.until"],
  [{ until: "0s" }, "unique.until"],
  [{ until: -1 }, "unique.until"],
  [{ until: "finished" }, "unique.until"],
  [{ until: null }, "unique.until"],
  [{ onConflict: "ignore" }, "unique.onConflict"],
  [{ runAt: "move" }, "unique.runAt"],
  [{ runAt: "replace" }, "unique.runAt"],
  [{ runAt: "replace", onConflict: "reject" }, "unique.runAt"],
];

for (const [value, path] of refusals) {
  test(`${JSON.stringify(value).slice(0, 60)} is refused with the path ${path}`, () => {
    assert.throws(() => parse(value), { name: "ErgateError", path });
    const unique = value as UniqueOptions;
    if (value === null) return;
    assert.throws(() => defineJob("mail", { unique }), { path: `job mail.${path}` });
  });
}

test("the order of keys makes no difference, and 2.0 is 2", () => {
  const rule = parse(true);
  assert.ok(rule);
  const texts = ['{"a":2,"b":{"c":1,"d":[1,2]}}', '{"b":{"d":[1,2],"c":1.0},"a":2.0}'];
  const keys = texts.map((text) => uniqueOf(rule, "mail", text).key);
  assert.equal(keys[0], keys[1]);
});

test("other arguments, another name and another way to choose are other keys", () => {
  const keys = [
    keyOf(true, { a: 1 }),
    keyOf(true, { a: 2 }),
    keyOf(true, { a: "1" }),
    keyOf(true, null),
    keyOf(true, [1, 2]),
    keyOf(true, [2, 1]),
    keyOf(true, { a: 1 }, "post"),
    keyOf({ by: ["a"] }, { a: 1 }),
    keyOf({ by: { key: '{"a":1}' } }, { a: 1 }),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

test("by named fields the others make no difference, and a missing one is not null", () => {
  const by = ["user.id", "to"];
  const key = (args: unknown) => keyOf({ by }, args);
  const first = key({ to: "a", user: { id: 1, name: "x" }, n: 1 });
  assert.equal(key({ n: 2, user: { name: "y", id: 1 }, to: "a" }), first);
  assert.equal(keyOf({ by: [...by].reverse() }, { to: "a", user: { id: 1 } }), first);
  const others = [{ to: "a" }, { to: "a", user: { id: null } }, { user: { id: 1 } }, { to: "b" }];
  assert.equal(new Set([first, ...others.map(key)]).size, 5);
  for (const args of [{ user: 1 }, {}, null, 7, [], "to"]) assert.equal(key(args), key({ n: 1 }));
  assert.equal(keyOf({ by: ["0.a"] }, [{ a: 1, b: 2 }]), keyOf({ by: ["0.a"] }, [{ a: 1 }]));
  assert.equal(keyOf({ by: ["toString"] }, {}), keyOf({ by: ["toString"] }, { a: 1 }));
});

test("by a key the arguments make no difference", () => {
  const by = { key: "nightly" };
  assert.equal(keyOf({ by }, { a: 1 }), keyOf({ by }, { a: 2 }));
  assert.notEqual(keyOf({ by }, 1), keyOf({ by: { key: "daily" } }, 1));
});

test("a key is short, however large the arguments are", () => {
  for (const args of [1, "x".repeat(10_000), { ["y".repeat(10_000)]: "é".repeat(10_000) }]) {
    assert.match(keyOf(true, args), /^.{0,24}~[\w-]{22}$/);
  }
});

test("keys of values that come one after the other lie beside each other", () => {
  const ids = Array.from({ length: 900 }, (_, at) => 100 + at);
  const ways: ((id: number) => string)[] = [
    (id) => keyOf(true, { id, to: "a" }),
    (id) => keyOf({ by: ["user.id"] }, { user: { id, name: `n${id % 7}` } }),
    (id) => keyOf({ by: { key: `user:${id}` } }, null),
  ];
  for (const key of ways) {
    const keys = ids.map(key);
    assert.deepEqual([...keys].sort(), keys);
  }
});

const clock = { now: () => 5, monotonic: () => 0, after: () => ({ cancel() {} }) };
const facts: RequestFacts = { clock, newId: () => "made", payloadBytes: 1_000 };

test("an enqueue's option replaces the definition's as a whole, and false switches it off", () => {
  const definition = defineJob("mail", { unique: { by: { key: "k" }, until: "1m" } });
  const made = (options?: object) => newJob(definition, { a: 1 }, options, facts).unique;
  assert.equal(made()?.until, 60_000);
  assert.equal(made({ priority: 1 })?.key, made()?.key);
  assert.equal(made({ unique: true })?.until, "done");
  assert.equal(made({ unique: false }), undefined);
  assert.equal(newJob(defineJob("mail"), 1, { unique: true }, facts).unique?.onConflict, "keep");
  assert.throws(() => made({ unique: { by: [] } }), { path: "options.unique.by" });
});
