import { limits } from "../base/limits.ts";
import type { Job } from "../job/job.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { filterOf, filterOptions } from "./filter.ts";
import { clientOptions } from "./options.ts";
import { pageOf, pageOptions } from "./paging.ts";
import { type Column, table } from "./table.ts";
import { stateStyle, timeText } from "./text.ts";

const columns: readonly Column<Job>[] = [
  { head: "ID", cell: (job) => job.id },
  { head: "NAME", cell: (job) => job.name },
  { head: "QUEUE", cell: (job) => job.queue },
  { head: "STATE", cell: (job) => job.state, style: (job) => stateStyle(job.state) },
  { head: "ATTEMPT", cell: (job) => `${job.attempt}/${job.maxAttempts}`, right: true },
  { head: "CREATED", cell: (job) => timeText(job.createdAt) },
  { head: "FINISHED", cell: (job) => timeText(job.finishedAt) },
  { head: "REASON", cell: (job) => (job.reason ?? job.errors.at(-1)?.message)?.slice(0, 60) },
];

export const jobsLs: Command = {
  name: "jobs ls",
  summary: "list jobs, newest first",
  options: { ...clientOptions, ...filterOptions, ...pageOptions(limits.pageRowsDefault) },
  async run(call) {
    const options = { ...filterOf(call.args), ...pageOf(call.args) };
    return withClient(call, "existing", async (client) => {
      const page = await client.jobs.list(options);
      call.out.answer(page, (paint) => table(paint, page.items, columns, "no jobs"));
      if (page.next !== undefined && !call.out.json) {
        call.out.note(`there are more: --cursor ${page.next}`);
      }
      return 0;
    });
  },
};
