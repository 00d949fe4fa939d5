import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { Fields } from "../../lib/job/fields.ts";
import { checkJobName, checkQueueName } from "../../lib/job/name.ts";

const refusal = (path: string) => ({ code: "ERR_ERGATE_OPTION", path });
const of = (value: unknown, path = "it") => new Fields(value, path, ["a"]);

test("a value that is no plain object is refused at its own path", () => {
  for (const value of [null, undefined, 1, "x", true, []]) {
    assert.throws(() => of(value), refusal("it"));
  }
});

test("a key that is not known is refused, and the known ones are named", () => {
  assert.throws(() => of({ b: 1 }), { ...refusal("it.b"), message: /known are a/ });
  assert.throws(() => of({ b: undefined }, ""), refusal("b"));
});

test("a mistyped key is refused with the one that was meant", () => {
  const keys = ["maxAttempts", "timeout", "backoff", "run"];
  const meant = { maxAtempts: "maxAttempts", timeuot: "timeout", backOff: "backoff", rnu: "run" };
  for (const [key, right] of Object.entries(meant)) {
    const message = new RegExp(`did you mean ${right}\\? known are maxAttempts, `);
    assert.throws(() => new Fields({ [key]: 1 }, "it", keys), { ...refusal(`it.${key}`), message });
  }
  assert.throws(() => new Fields({ colour: 1 }, "it", keys), /is no option; known are/);
});

test("a field that is not given is undefined, whatever it is read as", () => {
  const fields = of({});
  const read = [
    ...[fields.integer("a", 0, 1), fields.durationMs("a"), fields.string("a")],
    ...[
      fields.number("a", 0, 1),
      fields.boolean("a"),
      fields.function("a", "()"),
      fields.oneOf("a", ["x"]),
      fields.raw("a"),
    ],
  ];
  assert.deepEqual(read, Array(8).fill(undefined));
});

test("a field is given as it is when it fits", () => {
  const action = () => 1;
  assert.equal(of({ a: 3 }).integer("a", 3, 3), 3);
  assert.equal(of({ a: 0.5 }).number("a", 0, 0.5), 0.5);
  assert.equal(of({ a: "2s" }).durationMs("a"), 2_000);
  assert.equal(of({ a: "" }).string("a"), "");
  assert.equal(of({ a: false }).boolean("a"), false);
  assert.equal(of({ a: action }).function("a", "()"), action);
  assert.equal(of({ a: "y" }).oneOf("a", ["x", "y"]), "y");
});

test("a field of another type or out of range is refused with its path", () => {
  const reads: ((fields: Fields) => unknown)[] = [
    (fields) => fields.integer("a", 0, 5),
    (fields) => fields.number("a", 0, 5),
    (fields) => fields.string("a"),
    (fields) => fields.boolean("a"),
    (fields) => fields.function("a", "()"),
    (fields) => fields.oneOf("a", ["x"]),
  ];
  for (const read of reads) {
    for (const value of [null, 6, -1, {}, Number.NaN]) {
      assert.throws(() => read(of({ a: value })), refusal("it.a"));
    }
  }
  const duration = { code: "ERR_ERGATE_DURATION", path: "it.a" };
  assert.throws(() => of({ a: null }).durationMs("a"), duration);
});

test("names of jobs and queues have letters of any script, digits and . _ : / -", () => {
  for (const name of ["mail", "Ergatē", "送信", "a.b_c:d/e-f", "7", "x".repeat(limits.nameChars)]) {
    assert.equal(checkJobName(name, "name"), name);
    assert.equal(checkQueueName(name, "queue"), name);
  }
  const bad = ["", " ", "a b", "a\n", "a,b", "😀", "x".repeat(limits.nameChars + 1), 1, null, {}];
  for (const name of bad) {
    const job = { code: "ERR_ERGATE_JOB_NAME", path: "name" };
    assert.throws(() => checkJobName(name, "name"), job);
    const queue = { code: "ERR_ERGATE_QUEUE_NAME", path: "queue" };
    assert.throws(() => checkQueueName(name, "queue"), queue);
  }
});
