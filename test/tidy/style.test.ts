import assert from "node:assert/strict";
import { test } from "node:test";
import { commentFaults } from "./comments.ts";
import { none, readSources, type Source, sourcesOf, walk } from "./source.ts";
import { ambientFaults, functionLines, languageFaults, sizeFaults, sleepFaults } from "./style.ts";

const product = readSources("lib", "actors", "bench");
const tests = readSources("test");

function faultsIn(text: string, rule: (source: Source) => string[]): string {
  return sourcesOf({ "lib/job/a.ts": text }).flatMap(rule).join("\n");
}

test("files, functions and lines keep to their sizes", (t) => {
  const lengths = product.flatMap(functionLengths).sort((a, b) => a - b);
  const files = product.map(({ text }) => text.trimEnd().split("\n").length).sort((a, b) => a - b);
  t.diagnostic(`lines a function: median ${share(lengths, 0.5)}, p90 ${share(lengths, 0.9)}`);
  t.diagnostic(`lines a file: median ${share(files, 0.5)}, p90 ${share(files, 0.9)}`);
  none(product.flatMap(sizeFaults));
});

test("time and chance are taken from the machine in lib/base alone", () => {
  none(product.flatMap(ambientFaults));
});

test("there is no any, enum, namespace or parameter property", () => {
  none(product.flatMap(languageFaults));
});

test("no comment is code or a banner", () => {
  none([...product, ...tests].flatMap(commentFaults));
});

test("no test sleeps", () => {
  none(tests.flatMap(sleepFaults));
});

test("the rule of sizes finds what is too long or too wide", () => {
  const body = "  call();\n";
  assert.match(faultsIn(`f(() => {\n${body.repeat(39)}});\n`, sizeFaults), /a.ts:1 .* 41 lines/);
  assert.equal(faultsIn(`f(() => {\n${body.repeat(38)}});\n`, sizeFaults), "");
  assert.match(faultsIn("\n".repeat(250).concat("x;\n"), sizeFaults), /has 251 lines/);
  assert.match(faultsIn(`\n"${"é".repeat(99)}"`, sizeFaults), /a.ts:2 is wider than 100/);
  assert.equal(faultsIn(`\n"${"é".repeat(98)}"`, sizeFaults), "");
});

const ambient = [
  "const a = Date.now();",
  "const a = performance.now();",
  "const a = { now: Date.now };",
  "const a = Math.random();",
  "const a = new Date();",
  "const a = process.hrtime.bigint();",
  "setTimeout(f, 1);",
  "globalThis.setTimeout(f, 1);",
  "setImmediate(f);",
  "const a = setInterval;",
  'import { setTimeout as wait } from "node:timers/promises";',
  "randomFillSync(pool);",
  "const a = crypto.randomUUID();",
];

for (const text of ambient) {
  test(`the rule of time and chance refuses ${text}`, () => {
    assert.match(faultsIn(text, ambientFaults), /a.ts:1 uses/);
    assert.deepEqual(sourcesOf({ "lib/base/a.ts": text }).flatMap(ambientFaults), []);
  });
}

test("the rule of time and chance takes what is handed in", () => {
  const text = "clock.now(); new Date(ms); options.setImmediate(f); type T = typeof setTimeout;";
  assert.equal(faultsIn(text, ambientFaults), "");
});

test("the composition root may pass setImmediate on, but not call it", () => {
  const path = "actors/machine.ts";
  assert.deepEqual(sourcesOf({ [path]: "system(setImmediate);" }).flatMap(ambientFaults), []);
  assert.equal(sourcesOf({ [path]: "setImmediate(f);" }).flatMap(ambientFaults).length, 1);
});

for (const text of [
  "let a: any;",
  "enum A {}",
  "namespace A {}",
  "class A { constructor(private b: 1) {} }",
]) {
  test(`the rule of language refuses ${text}`, () => {
    assert.match(faultsIn(text, languageFaults), /a.ts:1 has/);
  });
}

for (const text of ["// const a = 1;", "x; // call(a);", "// if (a) {", "/* a.b = c; */"]) {
  test(`the rule of comments refuses ${text}`, () => {
    assert.match(faultsIn(text, commentFaults), /a.ts:1 is code/);
  });
}

test("the rule of comments refuses a banner and takes sentences, examples and strings", () => {
  assert.match(faultsIn("// ---- helpers ----\nx;", commentFaults), /is a banner/);
  const fine = '// Return early: if it is there, for once.\n/** `a = b;` */\nconst a = "// ----";';
  assert.equal(faultsIn(fine, commentFaults), "");
});

for (const text of ["setTimeout(f, 1);", 'import "node:timers/promises";']) {
  test(`the rule of sleeps refuses ${text}`, () => {
    assert.match(faultsIn(text, sleepFaults), /a.ts:1 sleeps/);
  });
}

function functionLengths(source: Source): number[] {
  const lengths: number[] = [];
  walk(source.tree, (node) => {
    const length = functionLines(source, node);
    if (length !== undefined) lengths.push(length);
  });
  return lengths;
}

function share(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
