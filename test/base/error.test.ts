import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as must } from "../../lib/base/assert.ts";
import {
  ErgateError,
  errorCodes,
  fromPlainFault,
  messageOf,
  toPlainFault,
} from "../../lib/base/error.ts";
import { limits } from "../../lib/base/limits.ts";

test("an error carries its code, path, cause and whether to try again", () => {
  const cause = new Error("disk");
  const error = new ErgateError("ERR_ERGATE_STORE_FULL", "full", { path: "storage", cause });
  assert.ok(error instanceof Error);
  assert.equal(error.name, "ErgateError");
  assert.equal(error.retryable, true);
  assert.equal(error.path, "storage");
  assert.equal(error.cause, cause);
  assert.equal(new ErgateError("ERR_ERGATE_OPTION", "bad").retryable, false);
  assert.equal("cause" in new ErgateError("ERR_ERGATE_OPTION", "bad"), false);
});

test("codes are named alike, and each says what it means", () => {
  for (const [code, { means }] of Object.entries(errorCodes)) {
    assert.match(code, /^ERR_ERGATE_[A-Z_]+$/);
    assert.ok(means.length > 10, code);
  }
});

test("a fault crosses a thread's border as plain data", () => {
  const error = new ErgateError("ERR_ERGATE_OPTION", "bad", { path: "args.to", id: "one" });
  const back = fromPlainFault(structuredClone(toPlainFault(error)));
  const told = [back.code, back.message, back.path, back.id];
  assert.deepEqual(told, [error.code, "bad", "args.to", "one"]);
  assert.equal(toPlainFault(new TypeError("odd")).code, "ERR_ERGATE_STORE_FAILED");
  assert.equal("path" in toPlainFault(new TypeError("odd")), false);
});

test("anything thrown has a text", () => {
  assert.equal(messageOf(new Error("text")), "text");
  assert.equal(messageOf("text"), "text");
  assert.equal(messageOf(undefined), "undefined");
});

test("assert throws the sentence when it does not hold", () => {
  must(true, "never");
  assert.throws(() => must(0, "zero is something"), /assertion failed: zero is something/);
});

test("every limit is a positive number", () => {
  for (const [name, value] of Object.entries(limits)) assert.ok(value > 0, name);
});
