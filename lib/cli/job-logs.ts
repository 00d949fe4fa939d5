import { limits } from "../base/limits.ts";
import type { LogOptions } from "../client/client.ts";
import type { LogLine } from "../log/line.ts";
import type { Call, Command } from "./command.ts";
import { withDatabase } from "./database.ts";
import { noJob } from "./job-show.ts";
import { storageOptions } from "./options.ts";
import type { Paint } from "./out.ts";
import { pageOf, pageOptions, pagesOf } from "./paging.ts";
import { timeText } from "./text.ts";

export const jobsLogs: Command = {
  name: "jobs logs",
  words: "ID",
  least: 1,
  summary: "print what a job's runs wrote",
  details: ["For people all lines, or the last --tail; with --json one page of them."],
  options: {
    ...storageOptions,
    attempt: { value: "N", help: "of that attempt only" },
    tail: { value: "N", help: "the last lines only" },
    ...pageOptions(limits.pageRowsDefault),
  },
  async run(call) {
    const id = call.args.words[0] as string;
    const options = logOptionsOf(call);
    return withDatabase(call, "existing", async (runtime) => {
      const job = await runtime.jobs.get(id);
      if (job === undefined) throw noJob(id);
      if (!wantsAll(call, options)) {
        const page = await runtime.jobs.logs(id, options);
        call.out.answer(page, (paint) => linesText(paint, page.items));
        return 0;
      }
      for await (const lines of pagesOf((page) => runtime.jobs.logs(id, { ...options, ...page }))) {
        call.out.answer(lines, (paint) => linesText(paint, lines));
      }
      return 0;
    });
  },
};

function wantsAll({ out }: Call, { tail, limit, cursor }: LogOptions): boolean {
  return !out.json && tail === undefined && limit === undefined && cursor === undefined;
}

function logOptionsOf({ args }: Call): LogOptions {
  const options: LogOptions = pageOf(args);
  const attempt = args.integer("attempt", 1, limits.maxAttemptsMax);
  const tail = args.integer("tail", 1, limits.pageRows);
  if (attempt !== undefined) options.attempt = attempt;
  if (tail !== undefined) options.tail = tail;
  return options;
}

function linesText(paint: Paint, lines: readonly LogLine[]): string {
  return lines
    .map(({ at, attempt, level, text }) => {
      const head = paint("dim", `${timeText(at)} #${attempt}`);
      return `${head} ${paint(level === "error" ? "red" : "cyan", level.padEnd(5))} ${text}`;
    })
    .join("\n");
}
