import { limits } from "../base/limits.ts";
import type { Client } from "../client/client.ts";
import type { FollowOptions, LogOptions } from "../client/logs.ts";
import type { LogLine } from "../log/line.ts";
import type { Call, Command } from "./command.ts";
import { withClient } from "./database.ts";
import { noJob } from "./job-show.ts";
import { type Args, clientOptions, type OptionSpecs } from "./options.ts";
import type { Paint } from "./out.ts";
import { pageOf, pageOptions, pagesOf } from "./paging.ts";
import { exitCodeOf, firstSignal } from "./signals.ts";
import { timeText } from "./text.ts";

export const timeOptions = {
  from: { value: "TIME", help: "lines since a time, or so long ago: 2h" },
  until: { value: "TIME", help: "lines before it" },
} as const satisfies OptionSpecs;

export const jobsLogs: Command = {
  name: "jobs logs",
  words: "ID",
  least: 1,
  summary: "print what a job's runs wrote",
  details: [
    "For people all lines, or the last --tail; with --json one page of them.",
    "With --follow also those to come, until the job has ended; --json makes each line one object.",
  ],
  options: {
    ...clientOptions,
    follow: { short: "f", help: "go on with new lines, until the job has ended" },
    attempt: { value: "N", help: "of that attempt only" },
    tail: { value: "N", help: "the last lines only" },
    ...timeOptions,
    ...pageOptions(limits.pageRowsDefault),
  },
  run: (call) => printLogs(call, async () => call.args.words[0] as string),
};

/** Prints the log of the job whose id `find` resolves with, as the options say. */
export async function printLogs(
  call: Call,
  find: (client: Client) => Promise<string>,
): Promise<number> {
  const following = followOf(call.args);
  const options = logOptionsOf(call);
  return withClient(call, "existing", async (client) => {
    const id = await find(client);
    const job = await client.jobs.get(id);
    if (job === undefined) throw noJob(id);
    if (following !== undefined) return follow(call, client, id, following);
    if (!wantsAll(call, options)) {
      const page = await client.jobs.logs(id, options);
      call.out.answer(page, (paint) => linesText(paint, page.items));
      return 0;
    }
    const read = (page: LogOptions) => client.jobs.logs(id, { ...options, ...page });
    for await (const lines of pagesOf(read)) {
      call.out.answer(lines, (paint) => linesText(paint, lines));
    }
    return 0;
  });
}

/** Ends with the job, or with the first signal, as by that signal. */
async function follow({ out }: Call, client: Client, id: string, options: FollowOptions) {
  const abort = new AbortController();
  let code = 0;
  void firstSignal().then((signal) => {
    code = exitCodeOf(signal);
    abort.abort();
  });
  for await (const line of client.logs.follow(id, { ...options, signal: abort.signal })) {
    out.answer(line, (paint) => lineText(paint, line));
  }
  return code;
}

function followOf(args: Args): FollowOptions | undefined {
  if (!args.flag("follow")) return undefined;
  for (const name of ["from", "until", "limit"]) {
    if (args.text(name) !== undefined) throw args.wrong(`--follow excludes --${name}`);
  }
  return readOf(args);
}

function wantsAll({ out }: Call, { tail, limit, cursor }: LogOptions): boolean {
  return !out.json && tail === undefined && limit === undefined && cursor === undefined;
}

function logOptionsOf({ args }: Call): LogOptions {
  return { ...readOf(args), ...timesOf(args) };
}

function readOf(args: Args): LogOptions {
  const options: LogOptions = pageOf(args);
  const attempt = args.integer("attempt", 1, limits.maxAttemptsMax);
  const tail = args.integer("tail", 1, limits.pageRows);
  if (attempt !== undefined) options.attempt = attempt;
  if (tail !== undefined) options.tail = tail;
  return options;
}

export function timesOf(args: Args): { from?: number; until?: number } {
  const [from, until] = [args.time("from"), args.time("until")];
  return {
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  };
}

function linesText(paint: Paint, lines: readonly LogLine[]): string {
  return lines.map((line) => lineText(paint, line)).join("\n");
}

export function lineText(paint: Paint, { at, attempt, level, text }: LogLine): string {
  const head = paint("dim", `${timeText(at)} #${attempt}`);
  return `${head} ${paint(level === "error" ? "red" : "cyan", level.padEnd(5))} ${text}`;
}
