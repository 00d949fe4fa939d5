import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { cutLine } from "../../lib/base/cut.ts";
import { decode, record } from "../../lib/log/chunk.ts";
import { type LogLine, lineText, wellFormed } from "../../lib/log/line.ts";

test("values after the text are appended as JSON", () => {
  assert.equal(
    lineText("sent", [{ to: "a" }, [1, null], "x", 2]),
    'sent {"to":"a"} [1,null] "x" 2',
  );
});

test("an error is appended as its stack", () => {
  const error = new Error("broke");
  assert.equal(lineText("failed", [error]), `failed ${error.stack}`);
});

test("what JSON can't say is printed as String does, and what nothing prints never throws", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assert.equal(
    lineText("odd", [
      1n,
      undefined,
      Symbol("s"),
      circle,
      Object.assign(Object.create(null), { circle }),
    ]),
    "odd 1 undefined Symbol(s) [object Object] [unprintable]",
  );
  assert.equal(lineText({ a: 1 }, []), '{"a":1}');
});

test("a line is cut between characters, within its bytes, with a marker that says its size", () => {
  const line = "ä€😀".repeat(100);
  for (let max = 60; max < 90; max++) {
    const cut = cutLine(line, max);
    assert.ok(Buffer.byteLength(cut) <= max, `${Buffer.byteLength(cut)} bytes of ${max}`);
    assert.ok(!cut.includes("\ufffd"));
    assert.match(cut, / … \[cut: the line had 900 bytes\]$/);
  }
  assert.equal(cutLine("short", 60), "short");
  assert.equal(cutLine("a".repeat(60), 60), "a".repeat(60));
});

test("any text comes back from its chunk as it was", () => {
  const texts = fc.array(fc.string({ unit: "binary" }).map(wellFormed), { maxLength: 20 });
  fc.assert(
    fc.property(texts, fc.integer({ min: -5, max: 1e12 }), (lines, since) => {
      const body = lines.map((text) => record(since, "stderr", "warn", text)).join("");
      const read: LogLine[] = [];
      assert.equal(decode({ at: 7, attempt: 2, body }, 0, 100, read), lines.length);
      const expected = { at: 7 + since, attempt: 2, stream: "stderr", level: "warn" };
      assert.deepEqual(
        read,
        lines.map((text) => ({ ...expected, text })),
      );
    }),
    { numRuns: 40 },
  );
});

test("a damaged body is refused with a code", () => {
  const code = "ERR_ERGATE_STORE_CORRUPT";
  assert.throws(() => decode({ at: 0, attempt: 1, body: "junk" }, 0, 9, []), { code });
});
