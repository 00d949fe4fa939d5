import assert from "node:assert/strict";
import { test } from "node:test";
import { newFile } from "../actors/kit.ts";
import { calls, completed, onlooker, over, planned, scheduled } from "./schedule-kit.ts";

test("two processes on one file: each due time is one call of the handler", {
  timeout: 110_000,
}, async (t) => {
  const file = newFile(t);
  await Promise.all([1, 2].map(() => scheduled(t, file)));
  const here = await onlooker(t, file);
  const due = await planned(here, { schedules: 6, everyMs: 100, forMs: 1_200 });
  await over(here);
  assert.deepEqual(calls(file), due);
  assert.deepEqual(await completed(here), due);
  assert.ok(due.length > 50, `${due.length} due times`);
});
