/**
 * Schedules, declared and made at run time. Run it with `node examples/schedules.ts`; in your own
 * project import from "ergate" instead.
 */
import { createRuntime, defineJob } from "../actors/index.ts";

const report = defineJob("report", {
  run: ({ to }: { to: string }, ctx) => `${ctx.schedule?.name} for ${to}`,
});
const nightly = { cron: "30 2 * * *", zone: "Europe/Berlin", job: report, args: { to: "ops" } };

const runtime = await createRuntime({
  storage: ":memory:",
  jobs: [report],
  schedules: { nightly },
});
await runtime.start();

const [first] = runtime.schedules.preview(nightly, { from: Date.UTC(2026, 2, 28, 12) });
console.log(first); // at 02:00 of that night the clocks are set to 03:00

await runtime.schedules.upsert("often", { every: "5m", job: report, args: { to: "dev" } });
await runtime.schedules.pause("often");

const { jobId } = await runtime.schedules.trigger("nightly"); // now, beside its times
if (jobId !== undefined) console.log(await runtime.result(jobId));
for (const { name, paused, lastRun } of (await runtime.schedules.list()).items) {
  console.log(name, paused ? "paused" : lastRun?.outcome);
}
await runtime.stop();
