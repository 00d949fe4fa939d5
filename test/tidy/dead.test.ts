import assert from "node:assert/strict";
import { test } from "node:test";
import { deadExports, deadFiles } from "./dead.ts";
import { none, readSources, sourcesOf } from "./source.ts";
import { deadCodes, deadLimits } from "./tables.ts";

const product = readSources("lib", "actors", "bench");
const all = [...product, ...readSources("test", "examples")];

test("every file is loaded by something", () => {
  none(deadFiles(all));
});

test("every export is imported by somebody", () => {
  none(deadExports(all));
});

test("every limit is kept by something", () => {
  none(deadLimits(product));
});

test("every error code is given by something", () => {
  none(deadCodes(product));
});

test("the rule of files finds what no root reaches", () => {
  const files = {
    "actors/index.ts": 'export { a } from "../lib/job/a.ts";',
    "lib/job/a.ts": 'const url = new URL("./b.ts", import.meta.url);',
    "lib/job/b.ts": "",
    "lib/job/c.ts": 'import "./d.ts";',
    "lib/job/d.ts": "",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a file's text
    "test/a.test.ts": "fork(new URL(`./handlers/${name}.ts`, import.meta.url));",
    "test/handlers/e.ts": "",
  };
  assert.deepEqual(deadFiles(sourcesOf(files)), [
    "lib/job/c.ts is loaded by nothing",
    "lib/job/d.ts is loaded by nothing",
  ]);
});

test("the rule of exports finds what nobody imports, and spares roots and named files", () => {
  const files = {
    "actors/index.ts": 'export { a as z } from "../lib/job/a.ts"; export const root = 1;',
    "lib/job/a.ts": "export const a = 1, b = 2; export function c() {} export default 1;",
    "lib/job/d.ts": "export { e } from './e.ts'; export interface D {}",
    "lib/job/e.ts": "export class e {}",
    "test/a.test.ts": 'import * as f from "./f.ts"; fork("./g.ts");',
    "test/f.ts": "export const f = 1;",
    "test/g.ts": "export default 1;",
  };
  const found = deadExports(sourcesOf(files)).map((fault) => / exports (\w+),/.exec(fault)?.[1]);
  assert.deepEqual(found, ["b", "c", "default", "e", "D"]);
});

test("the rule of exports spares a type in another export's face, not in its body", () => {
  const files = {
    "actors/index.ts": 'import { make } from "../lib/job/a.ts";',
    "lib/job/a.ts":
      "export interface In {} export interface Out {} export function make(): In { let a: Out; }",
  };
  const found = deadExports(sourcesOf(files)).map((fault) => / exports (\w+),/.exec(fault)?.[1]);
  assert.deepEqual(found, ["Out"]);
});

test("the rules of tables find what nothing uses", () => {
  const files = {
    "lib/base/a-limits.ts": "export const aLimits = { a: 1, b: 2, c: 3 } as const;",
    "lib/base/error.ts":
      "export const errorCodes = { E_A: { means: '' }, E_B: { means: '' } } as const;",
    "lib/job/a.ts": 'x(limits.a); const { b: z } = limits; throw new E("E_A"); let t: "E_B";',
  };
  const sources = sourcesOf(files);
  assert.deepEqual(deadLimits(sources), [
    "lib/base/a-limits.ts:1 aLimits has c, which nothing uses",
  ]);
  assert.deepEqual(deadCodes(sources), [
    "lib/base/error.ts:1 errorCodes has E_B, which nothing uses",
  ]);
});
