import { limits } from "../base/limits.ts";
import type { StoredSchedule } from "../client/stored-schedule.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import { pageOf, pageOptions } from "./paging.ts";
import { nextText, outcomeStyle, outcomeText, whenText } from "./schedule-text.ts";
import { type Column, table } from "./table.ts";

const columns: readonly Column<StoredSchedule>[] = [
  { head: "NAME", cell: (schedule) => schedule.name },
  {
    head: "WHEN",
    cell: whenText,
    style: ({ problem }) => (problem === undefined ? undefined : "red"),
  },
  { head: "ZONE", cell: (schedule) => schedule.zone },
  { head: "JOB", cell: (schedule) => schedule.job },
  { head: "NEXT", cell: nextText },
  {
    head: "LAST",
    cell: ({ lastRun }) => lastRun && outcomeText(lastRun),
    style: ({ lastRun }) => lastRun && outcomeStyle(lastRun),
  },
  { head: "RUNNING", cell: (schedule) => schedule.running, right: true },
  { head: "PAUSED", cell: (schedule) => (schedule.paused ? "paused" : undefined) },
];

export const schedulesLs: Command = {
  name: "schedules ls",
  summary: "list schedules by name, with their next times and last runs",
  details: ["NEXT is what the schedule's own zone shows, with its jitter."],
  options: { ...clientOptions, ...pageOptions(limits.pageRowsDefault) },
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const page = await client.schedules.list(pageOf(call.args));
      call.out.answer(page, (paint) => table(paint, page.items, columns, "no schedules"));
      if (page.next !== undefined && !call.out.json) {
        call.out.note(`there are more: --cursor ${page.next}`);
      }
      return 0;
    }),
};
