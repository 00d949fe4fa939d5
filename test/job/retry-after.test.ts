import assert from "node:assert/strict";
import { test } from "node:test";
import { retryAfterMs, retryAfterOf } from "../../lib/job/retry-after.ts";

const now = Date.parse("1994-11-06T08:49:00Z");

/** What an HTTP client throws, and the wait in it. */
const table: [string, unknown, number | undefined][] = [
  ["seconds at the error", { retryAfter: 120 }, 120_000],
  ["seconds as text", { retryAfter: " 1.5 " }, 1500],
  ["a Date", { retryAfter: new Date(now + 37_000) }, 37_000],
  ["HTTP's date", { retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT" }, 37_000],
  ["the form of RFC 850", { retryAfter: "Sunday, 06-Nov-94 08:49:37 GMT" }, 37_000],
  ["the form of asctime", { retryAfter: "Sun Nov  6 08:49:37 1994" }, 37_000],
  ["a date that is past", { retryAfter: "Sun, 06 Nov 1994 08:00:00 GMT" }, 0],
  ["no wait at all", { retryAfter: 0 }, 0],
  ["fetch's headers", { headers: new Headers({ "Retry-After": "7" }) }, 7000],
  ["a plain object of any case", { headers: { "RETRY-after": "7" } }, 7000],
  ["a list, as node:http has it", { headers: { "retry-after": ["7", "9"] } }, 7000],
  ["the response's headers", { response: { headers: new Headers({ "retry-after": "7" }) } }, 7000],
  ["the response's plain headers", { response: { headers: { "retry-after": 7 } } }, 7000],
  ["the nearest of several", { retryAfter: 3, response: { headers: { "retry-after": 7 } } }, 3000],
  ["the next where one is unreadable", { retryAfter: {}, headers: { "retry-after": "7" } }, 7000],
  ["no header", { headers: new Headers(), response: {} }, undefined],
  ["a negative number", { retryAfter: -1 }, undefined],
  ["a number that is none", { retryAfter: Number.NaN }, undefined],
  ["text that is no date", { retryAfter: "soon" }, undefined],
  ["text that Date.parse would take", { retryAfter: "1995-01-01" }, undefined],
  ["a date that is none", { retryAfter: new Date(Number.NaN) }, undefined],
  ["nothing", undefined, undefined],
  ["null", null, undefined],
  ["text", "busy", undefined],
];

for (const [name, thrown, waitMs] of table) {
  test(`Retry-After is read from ${name}`, () => {
    assert.equal(retryAfterMs(thrown, now), waitMs);
  });
}

test("an error whose properties throw has no wait", () => {
  const thrown = {
    get headers() {
      throw new Error("no");
    },
  };
  assert.equal(retryAfterOf(thrown), undefined);
});
