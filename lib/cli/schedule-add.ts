import type { ScheduleOptions } from "../cron/schedule.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import type { Args } from "./options.ts";
import { clientOptions } from "./options.ts";
import { payloadOf } from "./payload.ts";
import { inOptions, policyOf, policyOptions, timingOf, timingOptions } from "./schedule-spec.ts";
import { nextText } from "./schedule-text.ts";

export const schedulesAdd: Command = {
  name: "schedules add",
  words: "NAME",
  least: 1,
  summary: "make a schedule, or change the one of that name, for all processes at once",
  details: [
    "Needs --job, and one of --cron, --every and --at. What is not given has its default, also",
    "where a schedule is changed. cron: 5 fields minute first, 6 seconds first, 7 with a year.",
    "With --json `previous` is what it was before.",
  ],
  options: {
    ...clientOptions,
    job: { value: "NAME", help: "what it enqueues" },
    args: { value: "JSON|-", help: "the job's arguments; `-` reads them from stdin" },
    cron: { value: "EXPR", help: "when, such as '30 3 * * MON-FRI' or @daily" },
    ...timingOptions,
    ...policyOptions,
  },
  async run(call) {
    const { args, out } = call;
    const name = args.words[0] as string;
    const options = optionsOf(args);
    const payload = await payloadOf(call, args.text("args"));
    const spec = payload === undefined ? options : { ...options, args: payload };
    return withClient(call, "existing", async ({ schedules }) => {
      const existed = (await schedules.get(name)) !== undefined;
      const previous = await inOptions(() => schedules.upsert(name, spec));
      const schedule = await schedules.get(name);
      const disposition = existed ? "changed" : "created";
      out.answer({ name, disposition, previous, schedule }, () => {
        const next = schedule && nextText(schedule);
        const then = schedule?.paused ? "it is paused" : `next ${next ?? "never"}`;
        return `${name} ${disposition}: ${then}`;
      });
      return 0;
    });
  },
};

function optionsOf(args: Args): ScheduleOptions {
  const job = args.text("job");
  if (job === undefined) throw args.wrong("schedules add needs --job");
  const given = ["cron", "every", "at"].filter((name) => args.text(name) !== undefined);
  if (given.length !== 1) {
    throw args.wrong("schedules add needs one of --cron, --every and --at");
  }
  const cron = args.text("cron");
  return { ...(cron === undefined ? {} : { cron }), ...timingOf(args), job, ...policyOf(args) };
}
