import { limits } from "../base/limits.ts";
import type { Run } from "../job/run.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import { pageOf, pageOptions } from "./paging.ts";
import { outcomeStyle, outcomeText } from "./schedule-text.ts";
import { type Column, table } from "./table.ts";
import { timeText } from "./text.ts";

const columns: readonly Column<Run>[] = [
  { head: "PLAN", cell: (run) => timeText(run.planAt) },
  { head: "SCHEDULE", cell: (run) => timeText(run.scheduleAt) },
  { head: "START", cell: (run) => timeText(run.startAt) },
  { head: "END", cell: (run) => timeText(run.endAt) },
  { head: "NAME", cell: (run) => run.schedule ?? run.job },
  { head: "TRIGGER", cell: (run) => run.trigger },
  { head: "OUTCOME", cell: outcomeText, style: outcomeStyle },
  { head: "ATTEMPT", cell: (run) => (run.attempt === 0 ? undefined : run.attempt), right: true },
  { head: "WORKER", cell: (run) => run.worker },
  { head: "ERROR", cell: (run) => run.error?.slice(0, 60) },
];

export const schedulesHistory: Command = {
  name: "schedules history",
  words: "[NAME]",
  most: 1,
  summary: "list runs, newest first, and the times that had none, with the reason",
  details: [
    "PLAN is the time that the schedule means, SCHEDULE when it was dealt with. Of all schedules",
    "and commands where no NAME is given; a removed schedule's runs stay on record.",
  ],
  options: { ...clientOptions, ...pageOptions(limits.pageRowsDefault) },
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const page = await client.schedules.runs(call.args.words[0], pageOf(call.args));
      call.out.answer(page, (paint) => table(paint, page.items, columns, "no runs"));
      if (page.next !== undefined && !call.out.json) {
        call.out.note(`there are more: --cursor ${page.next}`);
      }
      return 0;
    }),
};
