import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const tests = fileURLToPath(new URL("../../examples/reminders-test.ts", import.meta.url));

test("examples/reminders-test.ts passes under node --test", async () => {
  // Not as a part of the run that this test belongs to.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const call = ["--test", "--test-reporter=tap", tests];
  const { stdout } = await promisify(execFile)(process.execPath, call, { env });
  assert.match(stdout, /^# pass 2$/m);
});
