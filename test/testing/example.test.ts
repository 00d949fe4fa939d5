import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const examples = new URL("../../examples/", import.meta.url);

for (const [file, passes] of [
  ["reminders-test.ts", 2],
  ["schedules-test.ts", 1],
] as const) {
  test(`examples/${file} passes under node --test`, async () => {
    // Not as a part of the run that this test belongs to.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const call = ["--test", "--test-reporter=tap", fileURLToPath(new URL(file, examples))];
    const { stdout } = await promisify(execFile)(process.execPath, call, { env });
    assert.match(stdout, new RegExp(`^# pass ${passes}$`, "m"));
  });
}

test("examples/schedules-test.ts is README's sample", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const code = readFileSync(new URL("schedules-test.ts", examples), "utf8");
  const sample = code
    .replace(/^\/\*\*[\s\S]*?\*\/\n/, "")
    .replace("../actors/index.ts", "ergate")
    .replace("../actors/testing.ts", "ergate/testing");
  assert.ok(readme.includes(sample));
});
