import assert from "node:assert/strict";
import { test } from "node:test";
import { floorFaults } from "./floors.ts";
import { none, readSources, sourcesOf } from "./source.ts";

test("every file imports only lower floors or its own folder", () => {
  none(floorFaults(readSources("lib", "actors", "bench")));
});

const refused: [path: string, text: string, fault: RegExp][] = [
  ["lib/base/a.ts", 'import "../job/b.ts";', /base\/a.ts:1 imports lib\/job\/b.ts: floor 0/],
  ["lib/job/a.ts", '\nimport type { B } from "../kernel/b.ts";', /a.ts:2 imports lib\/kernel/],
  ["lib/log/a.ts", 'export { b } from "../store/b.ts";', /floor 3 imports only lower/],
  ["lib/log/a.ts", 'const b = await import("../store/b.ts");', /floor 3 imports only lower/],
  ["lib/log/a.ts", 'type B = import("../store/b.ts").B;', /floor 3 imports only lower/],
  ["lib/cli/a.ts", 'import { b } from "../../actors/b.ts";', /lib never imports actors/],
  ["actors/queue.ts", 'import { b } from "./runtime.ts";', /floor 5 imports only lower/],
  ["actors/queue.ts", 'import { b } from "../bench/b.ts";', /floor 5 imports only lower/],
  ["lib/store/a.ts", 'import { b } from "../kernel/b.ts";', /never imports lib\/kernel/],
  ["lib/store/x/a.ts", 'import { b } from "../y/b.ts";', /one engine never imports another/],
  ["lib/client/a.ts", 'import type { B } from "../store/b.ts";', /never imports lib\/store/],
  ["lib/http/a.ts", 'import { b } from "../thread/b.ts";', /never imports lib\/thread/],
  ["lib/web/a.ts", 'import { b } from "../protocol/b.ts";', /only types of lib\/protocol/],
  ["lib/web/a.ts", 'import { b } from "../client/b.ts";', /only types of .* lib\/client/],
  ["lib/http/a.ts", 'import { b } from "../cli/b.ts";', /floor 4 imports only lower/],
  ["lib/cli/a.ts", 'import type { B } from "../web/b.ts";', /floor 4 imports only lower/],
  ["lib/client/a.ts", 'import type { B } from "../cli/b.ts";', /floor 4 imports only lower/],
  ["lib/log/a.ts", 'import type { B } from "../client/b.ts";', /floor 3 imports only lower/],
  ["lib/job/a.ts", 'import { b } from "../novel/b.ts";', /not floor 9/],
  ["lib/protocol/a.ts", "export const b = 1;", /holds more than types/],
];

for (const [path, text, fault] of refused) {
  test(`the rule refuses ${text.trim()} in ${path}`, () => {
    assert.match(floorFaults(sourcesOf({ [path]: text })).join("\n"), fault);
  });
}

test("the rule takes lower floors, the own folder and packages", () => {
  const text = 'import "../base/b.ts"; import "./c.ts"; import "node:fs"; import "piscina";';
  assert.deepEqual(floorFaults(sourcesOf({ "lib/thread/a.ts": text })), []);
  assert.deepEqual(
    floorFaults(sourcesOf({ "actors/bin.ts": 'import "./queue.ts"; import "../bench/b.ts";' })),
    [],
  );
});

test("the rule lets the faces speak through the client", () => {
  const files = {
    "lib/cli/a.ts": 'import { b } from "../client/b.ts";',
    "lib/http/a.ts": 'import { b } from "../client/b.ts";',
    "lib/web/a.ts": 'import type { B } from "../client/b.ts";',
  };
  assert.deepEqual(floorFaults(sourcesOf(files)), []);
});

test("the rule follows the thread entry into what it loads, but not into types", () => {
  const faults = floorFaults(
    sourcesOf({
      "lib/thread/thread-entry.ts": 'import "./a.ts"; import type { P } from "../protocol/p.ts";',
      "lib/thread/a.ts": 'import { k } from "../kernel/k.ts";',
    }),
  );
  assert.deepEqual(faults, [
    "lib/thread/a.ts:1 imports lib/kernel/k.ts: a thread loads only base, job and thread",
  ]);
});
