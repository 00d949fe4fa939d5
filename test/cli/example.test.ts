import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const mail = fileURLToPath(new URL("../../examples/mail.ts", import.meta.url));

test("examples/mail.ts sends its mail", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [mail]);
  assert.equal(stdout, '{"sent":"ada@example.org"}\n');
  assert.equal(stderr, "");
});
