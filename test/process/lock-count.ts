import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { newFile } from "../actors/kit.ts";
import { Child } from "./kit.ts";

/** Processes add to a number in a file, read and written under a lock: none is lost, in no order. */
export async function countUnderLock(t: TestContext, processes: number, each: number) {
  const file = newFile(t);
  writeFileSync(`${file}-counter`, "0");
  const children = Array.from({ length: processes }, () => {
    return new Child(t, "locker", file, "count", "1m", String(each));
  });
  await Promise.all(children.map((child) => child.line("done")));
  assert.equal(readFileSync(`${file}-counter`, "utf8"), String(processes * each));
  const held = readFileSync(`${file}-fences`, "utf8").trimEnd().split("\n");
  const fences = held.map((line) => Number(line.split(" ")[0]));
  assert.equal(fences.length, processes * each);
  assert.ok(fences.every((fence, at) => at === 0 || fence > (fences[at - 1] as number)));
  const pids = held.map((line) => line.split(" ")[1]);
  const changes = pids.filter((pid, at) => at > 0 && pid !== pids[at - 1]).length;
  t.diagnostic(`the lock changed hands between processes ${changes} times`);
}
