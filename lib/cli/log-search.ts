import { limits } from "../base/limits.ts";
import type { LogSearchOptions } from "../client/logs.ts";
import type { FoundLine } from "../log/search.ts";
import type { Call, Command } from "./command.ts";
import { withClient } from "./database.ts";
import { lineText, timeOptions, timesOf } from "./job-logs.ts";
import { clientOptions } from "./options.ts";
import type { Paint } from "./out.ts";
import { pageOf, pageOptions } from "./paging.ts";

export const logsSearch: Command = {
  name: "logs search",
  words: "TEXT…",
  least: 1,
  most: Number.POSITIVE_INFINITY,
  summary: "find the lines of all jobs that have these words, newest first",
  details: [
    "Case and accents don't count. fail* stands for every word that begins so, and what stands",
    "together must follow each other (10.0.0.1). Nothing else is syntax.",
  ],
  options: {
    ...clientOptions,
    job: { value: "ID", help: "in the log of that job only" },
    ...timeOptions,
    ...pageOptions(limits.pageRowsDefault),
  },
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const page = await client.logs.search(call.args.words.join(" "), searchOf(call));
      call.out.answer(page, (paint) => found(paint, page.items));
      if (!call.out.json && page.next !== undefined) {
        call.out.note(`there may be more: --cursor ${page.next}`);
      }
      return 0;
    }),
};

function searchOf({ args }: Call): LogSearchOptions {
  const job = args.text("job");
  return { ...pageOf(args), ...timesOf(args), ...(job === undefined ? {} : { job }) };
}

function found(paint: Paint, lines: readonly FoundLine[]): string {
  return lines.map((line) => `${paint("dim", line.jobId)} ${lineText(paint, line)}`).join("\n");
}
