import assert from "node:assert/strict";
import { test } from "node:test";
import { runError } from "../../lib/job/ending.ts";
import { fingerprintOf, fingerprintOfReason } from "../../lib/job/fingerprint.ts";

const of = (message: string, stack?: string) => fingerprintOf({ message, stack });

const alike: [string, string, string][] = [
  ["numbers", "no user 17 in 3.5 s", "no user 4 in 0.25 s"],
  ["addresses", "connect ECONNREFUSED 10.0.0.1:5432", "connect ECONNREFUSED 10.0.0.22:5433"],
  ["ids", "job 01JDQ5W1ZR7K5V0F4T7M1V0C9Q is gone", "job 01JDQ5W1ZS8A9B0C1D2E3F4G5H is gone"],
  ["hex without a digit", "commit deadbeef is bad", "commit cafebabe is bad"],
  ["quoted texts", 'no column "name"', 'no column "street of it"'],
  ["texts in single quotes", "can't open 'a b' now", "can't open 'c' now"],
  ["paths", "ENOENT: /srv/a/x.txt is gone", "ENOENT: /opt/y z.txt is gone".replace(" z", "z")],
  ["paths of Windows", "no C:\\a\\b here", "no D:\\c here"],
  ["spaces", "a  b\n c", "a b c"],
];

for (const [what, one, other] of alike) {
  test(`messages that differ in ${what} have one fingerprint`, () => {
    assert.equal(of(one), of(other));
  });
}

test("other words, another name and another place are other fingerprints", () => {
  const stack = (name: string, frame: string) => `${name}: no\n    at ${frame}`;
  const frame = "send (file:///srv/app/mail.ts:10:5)";
  const all = [
    of("no"),
    of("nothing"),
    of("no", stack("Error", frame)),
    of("no", stack("TypeError", frame)),
    of("no", stack("Error", "load (file:///srv/app/mail.ts:10:5)")),
    of("no", stack("Error", "send (file:///srv/app/post.ts:10:5)")),
  ];
  assert.equal(new Set(all).size, all.length);
  for (const one of all) assert.match(one, /^[0-9a-f]{12}$/);
});

test("a new line number, folder or machine is the same place", () => {
  const at = (frame: string) => of("no", `Error: no\n    at ${frame}`);
  const one = at("async send (file:///srv/release-1/app/mail.ts:10:5)");
  assert.equal(at("send (/home/me/app/mail.ts:99:1)"), one);
  assert.equal(at("send (C:\\app\\mail.ts:3:1)"), one);
});

test("the place is the first frame that is the user's own", () => {
  const own = "    at send (/app/mail.ts:1:1)";
  const above = "    at read (node:fs:1:1)\n    at query (/app/node_modules/pg/client.js:7:7)";
  assert.equal(of("no", `Error: no\n${above}\n${own}`), of("no", `Error: no\n${own}`));
  assert.notEqual(of("no", `Error: no\n${own}`), of("no", "Error: no"));
});

test("a thrown error's stored form has a fingerprint, whatever was thrown", () => {
  const thrown = () => fingerprintOf(runError(new RangeError("no 1")));
  assert.equal(thrown(), thrown());
  for (const value of [undefined, 7, "text", { a: 1 }, null]) {
    assert.match(fingerprintOf(runError(value)), /^[0-9a-f]{12}$/);
  }
});

test("what a long message says at its end is values, and costs no time", () => {
  const long = "word ".repeat(2_000);
  assert.equal(of(`${long}one`), of(`${long}other`));
  const hard = ["/".repeat(8_000), "a.".repeat(4_000), '"'.repeat(8_000), "a".repeat(8_000)];
  for (const message of hard) assert.match(of(message, message), /^[0-9a-f]{12}$/);
});

test("only a death has a fingerprint by its reason", () => {
  assert.equal(fingerprintOfReason("dead", "no card 7"), of("no card 8"));
  assert.equal(fingerprintOfReason("stopped", "no card 7"), undefined);
});
