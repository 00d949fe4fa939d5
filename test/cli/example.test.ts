import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const around = new URL("../../examples/around.ts", import.meta.url);
const mail = fileURLToPath(new URL("../../examples/mail.ts", import.meta.url));

test("examples/mail.ts sends its mail", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [mail]);
  assert.equal(stdout, '{"sent":"ada@example.org"}\n');
  assert.equal(stderr, "");
});

test("examples/why.ts does what README says of it, and is README's sample", async () => {
  const why = new URL("../../examples/why.ts", import.meta.url);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [fileURLToPath(why)]);
  assert.equal(stdout, "scheduled true\n2 [ 'pay' ]\n2\n");
  assert.equal(stderr, "");
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const code = readFileSync(why, "utf8").replace(/^\/\*\*[\s\S]*?\*\/\n/, "");
  assert.ok(readme.includes(code.replace("../actors/index.ts", "ergate")));
});

test("examples/schedules.ts does what README says of it, and is README's sample", async () => {
  const schedules = new URL("../../examples/schedules.ts", import.meta.url);
  const file = fileURLToPath(schedules);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
  const lines = [
    "2026-03-29T01:00:00.000Z",
    "nightly for ops",
    "nightly completed",
    "often paused",
  ];
  assert.equal(stdout, `${lines.join("\n")}\n`);
  assert.equal(stderr, "");
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const code = readFileSync(schedules, "utf8").replace(/^\/\*\*[\s\S]*?\*\/\n/, "");
  assert.ok(readme.includes(code.replace("../actors/index.ts", "ergate")));
});

test("examples/logs.ts does what README says of it, and is README's sample", async () => {
  const logs = new URL("../../examples/logs.ts", import.meta.url);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [fileURLToPath(logs)]);
  const lines = [
    ...["info row 1 is stored", "info row 2 is stored", "warn rows were refused [7,9]"],
    "[ [ true, 'rows were refused [7,9]' ] ]",
  ];
  assert.equal(stdout, `${lines.join("\n")}\n`);
  assert.equal(stderr, "");
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const code = readFileSync(logs, "utf8").replace(/^\/\*\*[\s\S]*?\*\/\n/, "");
  assert.ok(readme.includes(code.replace("../actors/index.ts", "ergate")));
});

test("examples/commands.ts does what README says of it, and is README's sample", async () => {
  const commands = new URL("../../examples/commands.ts", import.meta.url);
  const file = fileURLToPath(commands);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
  assert.equal(stdout, '0 got {"name":"ada"}\nkilled\nnot running\n');
  assert.equal(stderr, "");
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const code = readFileSync(commands, "utf8").replace(/^\/\*\*[\s\S]*?\*\/\n/, "");
  assert.ok(readme.includes(code.replace("../actors/index.ts", "ergate")));
});

test("examples/around.ts does what README says of it, and is README's sample", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [fileURLToPath(around)]);
  assert.equal(stdout, "page 1\npage 1\npage 2\n/ for ada\n");
  assert.equal(stderr, "");
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const code = readFileSync(around, "utf8").replace(/^\/\*\*[\s\S]*?\*\/\n/, "");
  assert.ok(readme.includes(code.replace("../actors/index.ts", "ergate")));
});
