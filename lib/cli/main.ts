import { readFileSync } from "node:fs";
import { backup } from "./backup.ts";
import { bench } from "./bench.ts";
import type { Call, Command } from "./command.ts";
import { storedCommands } from "./commands.ts";
import { demo } from "./demo.ts";
import { doctor } from "./doctor.ts";
import { enqueue } from "./enqueue.ts";
import { helpOf, helpOfAll } from "./help.ts";
import { hooks as hookCommands } from "./hooks.ts";
import { type CliHooks, startFolder } from "./host.ts";
import { jobsErrors } from "./job-errors.ts";
import { jobsLs } from "./job-list.ts";
import { jobsLogs } from "./job-logs.ts";
import { jobsCancel, jobsRetry, jobsRm, jobsStop } from "./job-moves.ts";
import { jobsShow } from "./job-show.ts";
import { jobsWhy } from "./job-why.ts";
import { locksLs } from "./locks.ts";
import { logsSearch } from "./log-search.ts";
import { commonOptions, parseOptions } from "./options.ts";
import { type Machine, Out } from "./out.ts";
import { queuesConfigure } from "./queue-configure.ts";
import { queuesLs, queuesPause, queuesPurge, queuesResume } from "./queues.ts";
import { schedules } from "./schedules.ts";
import { serve } from "./serve.ts";
import { stats } from "./stats.ts";
import { UsageError } from "./usage.ts";
import { workers } from "./workers.ts";

const commands: readonly Command[] = [
  serve,
  demo,
  enqueue,
  jobsLs,
  jobsErrors,
  jobsShow,
  jobsWhy,
  jobsLogs,
  jobsRetry,
  jobsStop,
  jobsCancel,
  jobsRm,
  logsSearch,
  queuesLs,
  queuesPause,
  queuesResume,
  queuesPurge,
  queuesConfigure,
  ...schedules,
  ...storedCommands,
  ...hookCommands,
  locksLs,
  workers,
  stats,
  doctor,
  backup,
  bench,
];

/** Runs one command line; resolves with the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(
  argv: readonly string[],
  hooks: CliHooks,
  machine: Machine = process,
): Promise<number> {
  machine.stdout.on("error", endOnClosedPipe);
  machine.stderr.on("error", endOnClosedPipe);
  const out = new Out(wantsJson(argv), machine);
  try {
    return await dispatch(argv, { hooks, out, machine });
  } catch (error) {
    out.error(error);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch(argv: readonly string[], around: Omit<Call, "args" | "start">) {
  const { hooks, out, machine } = around;
  const [first = "--help"] = argv;
  if (first === "--version") return answered(out, versionOf(hooks));
  const topic = first === "help" ? argv.slice(1).filter((word) => !word.startsWith("-")) : [];
  if (topic.length > 0) return dispatch([...topic, "--help"], around);
  if (first === "--help" || first === "-h" || first === "help") {
    return answered(out, helpOfAll(commands));
  }
  const command = commandOf(argv);
  if (command === undefined) return group(argv, out);
  const rest = argv.slice(command.name.split(" ").length);
  if (command.raw !== undefined) return command.raw(rest, hooks);
  checkPlace(command, rest);
  const args = parseOptions(command.name, { ...command.options, ...commonOptions }, rest);
  if (args.flag("help")) return answered(out, helpOf(command));
  checkWords(command, args.words);
  return command.run({ ...around, args, start: startFolder(machine.env, machine.cwd()) });
}

function commandOf([first, second]: readonly string[]): Command | undefined {
  return commands.find(({ name }) => name === first || name === `${first} ${second}`);
}

/** No command of that name: the help of a group that was asked for, else wrong usage. */
function group(argv: readonly string[], out: Out): number {
  const [first = "", second = ""] = argv;
  if (first.startsWith("-")) throw new UsageError(`the command comes first, then ${first}`);
  const members = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (members.length === 0) throw new UsageError(`there is no command "${first}"`);
  if (second === "--help" || second === "-h") return answered(out, helpOfAll(members));
  const words = members.map(({ name }) => name.split(" ")[1]).join(", ");
  const said = second === "" || second.startsWith("-") ? "needs" : `has no "${second}":`;
  throw new UsageError(`${first} ${said} one of ${words}`);
}

/** What needs the file itself, or the machine, says so rather than that it knows no such option. */
function checkPlace({ name, options }: Command, argv: readonly string[]): void {
  if ("url" in options || !argv.some((word) => /^--url(=|$)/.test(word))) return;
  throw new UsageError(`${name} works on a file of this machine, not on a server's --url`, name);
}

function checkWords(command: Command, words: readonly string[]): void {
  const { name, least = 0, most = least } = command;
  if (words.length < least) {
    throw new UsageError(`${name} needs ${command.words}`, name);
  }
  if (words.length > most) {
    throw new UsageError(`${name} does not take "${words[most]}"`, name);
  }
}

function answered(out: Out, text: string): number {
  out.answer(text, () => text);
  return 0;
}

function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).includes("--json");
}

function versionOf({ manifest }: CliHooks): string {
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, "utf8"));
  return version;
}

/** `ergate jobs ls | head` ends when head has seen enough: that is no fault. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  throw error;
}
