import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, made, newFile } from "../actors/kit.ts";
import { lives, until } from "../command/kit.ts";
import { Child } from "./kit.ts";

test("what ignores TERM is gone, too, before another process runs a dead one's command again", {
  timeout: 110_000,
}, async (t) => {
  const file = newFile(t);
  const folder = mkdtempSync(join(tmpdir(), "ergate-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "pids");
  const command = `trap '' TERM; echo $$ >> ${path}; while :; do sleep 0.1; done`;
  const commands = JSON.stringify({ deaf: { command } });
  const here = await made(t, { storage: file });
  const first = new Child(t, "commander", file, commands);
  await first.line("ready");
  const { id } = await here.enqueue("deaf");
  await eventually(
    () => here.jobs.get(id),
    (job) => job?.state === "running",
  );
  const pids = () => {
    const text = readFileSync(path, { encoding: "utf8", flag: "a+" });
    return text.split("\n").slice(0, -1).map(Number);
  };
  await until(t, () => pids().length === 1);
  const [left = 0] = pids();
  const second = new Child(t, "commander", file, commands);
  await second.line("ready");
  await first.kill();
  await until(t, () => pids().length === 2);
  assert.equal(lives(left), false);
  assert.equal(await here.commands.kill(id), "killed");
  assert.equal(lives(pids()[1] ?? 0), false);
});
