/**
 * A user's test of jobs: no file, no thread, no waiting. Run it with `node --test
 * examples/reminders-test.ts`; in your own project import from "ergate/testing" instead.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { testRuntime } from "../actors/testing.ts";
import { confirm, remind } from "./reminders.ts";

test("an order is confirmed at once and reminded of after three days", async (t) => {
  const runtime = testRuntime({ jobs: [confirm, remind] });
  t.after(() => runtime.stop());
  await runtime.enqueue(confirm, { id: 7, to: "ada@example.org" });
  assert.equal((await runtime.drain()).completed, 1);
  const { state, runAt } = runtime.assertEnqueued(remind, { id: 7 });
  assert.equal(state, "scheduled");
  assert.equal(runAt, runtime.clock.now() + 3 * 86_400_000);
  assert.equal((await runtime.advance("3d")).completed, 1);
});

test("inline, an enqueue resolves after the job ran", async (t) => {
  const runtime = testRuntime({ mode: "inline", jobs: [confirm, remind] });
  t.after(() => runtime.stop());
  const receipt = await runtime.enqueue(confirm, { id: 8, to: "bob@example.org" });
  assert.equal(receipt.state, "completed");
  runtime.refuteEnqueued(remind, { id: 7 });
});
