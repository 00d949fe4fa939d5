import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { encodeJson } from "../../lib/base/json.ts";

const encode = (value: unknown, bytesMax = 1_000_000) => encodeJson(value, "args", bytesMax);
const refuses = (value: unknown, path: string, code = "ERR_ERGATE_PAYLOAD_JSON") =>
  assert.throws(() => encode(value), { code, path });

test("what JSON can say comes back unchanged", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(JSON.parse(encode(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("an undefined property is left out; an undefined item is refused", () => {
  assert.equal(encode({ a: undefined, b: 1 }), '{"b":1}');
  refuses([1, undefined], "args[1]");
});

test("what would change silently is refused with its path", () => {
  refuses({ to: [{ at: new Date(0) }] }, "args.to[0].at");
  refuses({ n: Number.NaN }, "args.n");
  refuses({ n: 5n }, "args.n");
  refuses(new Map(), "args");
  refuses({ set: new Set() }, "args.set");
  refuses({ bytes: new Uint8Array(1) }, "args.bytes");
  refuses([() => 1], "args[0]");
  refuses(Symbol("s"), "args");
  refuses(undefined, "args");
  refuses(new (class Money {})(), "args");
});

test("an object without a prototype is plain", () => {
  const bare = Object.assign(Object.create(null), { a: 1 });
  assert.equal(encode(bare), '{"a":1}');
});

test("a circle is refused instead of overflowing the stack", () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  assert.throws(() => encode(circle), { path: "args.self", message: /circular/ });
  let nested: unknown = { list: [circle] };
  for (let depth = 0; depth < 250; depth++) nested = [nested, nested];
  assert.throws(() => encode(nested), { message: /nested deeper than 200/ });
  assert.throws(() => encode({ fine: [1], list: [{ deep: circle }] }), {
    path: "args.list[0].deep.self",
  });
});

test("with takesText an object with toJSON passes as its text", () => {
  const when = new Date(0);
  assert.equal(encodeJson({ when }, "args", 1_000, true), '{"when":"1970-01-01T00:00:00.000Z"}');
});

test("the limit counts bytes of UTF-8, not characters", () => {
  assert.equal(encode("äää", 8), '"äää"');
  assert.throws(() => encode("äää", 7), { code: "ERR_ERGATE_PAYLOAD_SIZE", path: "args" });
  assert.equal(encode("abc", 5), '"abc"');
  assert.throws(() => encode("abc", 4), /args is 5 bytes of JSON: the limit is 4/);
});
