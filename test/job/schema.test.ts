import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { checked, isSchema } from "../../lib/job/schema.ts";

const person = z.object({ name: z.string(), tags: z.array(z.string()).default([]) });

test("a value that fits comes back as the schema's output, at once", () => {
  assert.deepEqual(checked(person, { name: "a" }), { name: "a", tags: [] });
  assert.equal(checked(z.coerce.number(), "7"), 7);
});

test("a value that does not fit is refused with the path of the first issue", () => {
  const refusals: [unknown, string, RegExp][] = [
    [{ name: 1 }, "args.name", /args\.name: /],
    [{ name: "a", tags: ["x", 2] }, "args.tags[1]", /args\.tags\[1\]: /],
    ["text", "args", /args: /],
    [{ name: 1, tags: 1 }, "args.name", /args\.name: .*; args\.tags: /],
  ];
  for (const [value, path, message] of refusals) {
    const refusal = { code: "ERR_ERGATE_PAYLOAD_SCHEMA", path, message };
    assert.throws(() => checked(person, value), refusal);
  }
});

test("a schema that answers later is waited for", async () => {
  const later = z.string().refine(async (text) => text !== "bad");
  const answered = checked(
    { "~standard": { version: 1, vendor: "x", validate: async (value) => ({ value }) } },
    5,
  );
  assert.ok(answered instanceof Promise);
  assert.equal(await answered, 5);
  assert.equal(await checked(later, "good"), "good");
  await assert.rejects(async () => checked(later, "bad"), { code: "ERR_ERGATE_PAYLOAD_SCHEMA" });
});

test("a path of objects with keys is read like one of keys", () => {
  const path = [{ key: "a" }, { key: 0 }, "b"];
  const validate = () => ({ issues: [{ message: "no", path }] });
  const schema = { "~standard": { version: 1 as const, vendor: "x", validate } };
  assert.throws(() => checked(schema, 1), { path: "args.a[0].b", message: "args.a[0].b: no" });
});

test("what carries the standard's mark is a schema, objects and functions", () => {
  const callable = Object.assign(() => 1, { "~standard": { validate: () => ({ value: 1 }) } });
  for (const schema of [person, z.string(), callable]) assert.ok(isSchema(schema));
  for (const value of [null, undefined, {}, "x", { "~standard": 1 }, { "~standard": {} }]) {
    assert.ok(!isSchema(value));
  }
});
