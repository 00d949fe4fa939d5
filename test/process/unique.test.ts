import assert from "node:assert/strict";
import { test } from "node:test";
import { made, newFile } from "../actors/kit.ts";
import { Child } from "./kit.ts";

test("of processes that enqueue the same keys at once exactly one creates each", {
  timeout: 60_000,
}, async (t) => {
  const file = newFile(t);
  const here = await made(t, { storage: file });
  const children = [1, 2, 3].map(() => new Child(t, "unique", file));
  await Promise.all(children.map((child) => child.line("ready")));
  for (const child of children) child.process.stdin?.write("go\n");
  const told = await Promise.all(children.map((child) => child.line("created")));
  const created = told.flatMap((line) => line.created as string[]);
  assert.equal(created.length, 200);
  assert.equal(await here.jobs.count(), 200);
  // All were answered with the same holders, whoever created them.
  const [first, ...others] = told.map((line) => line.ids as string[]);
  for (const ids of others) assert.deepEqual(ids, first);
  assert.deepEqual([...(first ?? [])].sort(), created.sort());
});
