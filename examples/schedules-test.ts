/**
 * A user's test of a schedule. Run it with `node --test examples/schedules-test.ts`; in your own
 * project import from "ergate" and "ergate/testing" instead.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../actors/index.ts";
import { testRuntime } from "../actors/testing.ts";

const report = defineJob("report", { run: (_args: unknown, ctx) => ctx.schedule?.planAt });
const schedules = { nightly: { cron: "30 2 * * *", zone: "Europe/Berlin", job: report } };

test("a report is made each night, also when the clocks are set", async (t) => {
  const now = new Date("2026-03-28T12:00Z");
  const runtime = testRuntime({ jobs: [report], schedules, now });
  t.after(() => runtime.stop());
  assert.equal((await runtime.advance("3d")).completed, 3);
  const { items } = await runtime.schedules.runs("nightly"); // newest first
  assert.equal(items.at(-1)?.planAt, Date.parse("2026-03-29T01:00Z"));
});
