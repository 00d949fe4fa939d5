import type { ErrorGroup } from "../job/job.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { filterOf, filterOptions } from "./filter.ts";
import { clientOptions } from "./options.ts";
import { type Column, table } from "./table.ts";
import { timeText } from "./text.ts";

const columns: readonly Column<ErrorGroup>[] = [
  { head: "FINGERPRINT", cell: (group) => group.fingerprint },
  { head: "JOBS", cell: (group) => group.count, right: true },
  { head: "NEWEST", cell: (group) => timeText(group.newestAt) },
  { head: "OLDEST", cell: (group) => timeText(group.oldestAt) },
  { head: "NAMES", cell: (group) => group.names.join(",") },
  { head: "MESSAGE", cell: (group) => group.message.slice(0, 80) },
];

export const jobsErrors: Command = {
  name: "jobs errors",
  summary: "count dead jobs (or those of --state) by what they failed of",
  details: ["Go on with: jobs ls, retry or rm, with --all --error FINGERPRINT"],
  options: {
    ...clientOptions,
    ...filterOptions,
    cursor: { value: "CURSOR", help: "go on with older jobs (an earlier answer's `next`)" },
  },
  async run(call) {
    const cursor = call.args.text("cursor");
    const options = { ...filterOf(call.args), ...(cursor === undefined ? {} : { cursor }) };
    return withClient(call, "existing", async (client) => {
      const page = await client.jobs.groups(options);
      call.out.answer(page, (paint) => table(paint, page.items, columns, "no errors"));
      if (page.next !== undefined) call.out.note(`older jobs follow: --cursor ${page.next}`);
      return 0;
    });
  },
};
