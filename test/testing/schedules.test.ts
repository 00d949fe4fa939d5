import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded } from "../actors/kit.ts";
import { made } from "./kit.ts";

const job = defineJob("report", { run: () => 1 });

test("a test finds the runs of months, also of jobs that are deleted", bounded, async (t) => {
  const schedules = { daily: { cron: "@daily", zone: "UTC", job } };
  const runtime = made(t, { jobs: [job], schedules });
  assert.equal((await runtime.advance("10d")).completed, 10);
  assert.equal(await runtime.jobs.deleteAll({ state: "completed" }), 10);
  assert.equal((await runtime.advance("80d")).completed, 80);
  const { items } = await runtime.schedules.runs("daily");
  assert.equal(items.length, 90);
});
