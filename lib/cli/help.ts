import type { Command } from "./command.ts";
import { commonOptions, type OptionSpecs } from "./options.ts";

/** The help of all commands, on one page. */
export function helpOfAll(commands: readonly Command[]): string {
  const lines = commands.map((command) => [usageOf(command), command.summary] as const);
  const width = Math.max(...lines.map(([usage]) => usage.length));
  return [
    "ergate: durable jobs in one SQLite file",
    "",
    "Usage: ergate COMMAND [OPTIONS]",
    "",
    ...lines.map(([usage, summary]) => `  ${usage.padEnd(width)}  ${summary}`),
    "",
    "Every command takes --json and --help. --version prints the version.",
    "They work beside a running process on the same file (--db FILE, ERGATE_DB, ./ergate.db),",
    "or on a server (--url URL, ERGATE_URL; its secret in ERGATE_SECRET or --secret-file).",
    "Exit: 0 done, 1 failed, 2 wrong usage.",
  ].join("\n");
}

export function helpOf(command: Command): string {
  return [
    `Usage: ergate ${usageOf(command)} [OPTIONS]`,
    "",
    command.summary,
    ...(command.details === undefined ? [] : ["", ...command.details]),
    "",
    ...optionLines({ ...command.options, ...commonOptions }),
  ].join("\n");
}

function usageOf({ name, words }: Command): string {
  return words === undefined ? name : `${name} ${words}`;
}

function optionLines(specs: OptionSpecs): string[] {
  const lines = Object.entries(specs).map(([name, { value, short, many, help }]) => {
    const head = `${short === undefined ? "" : `-${short}, `}--${name}`;
    const left = value === undefined ? head : `${head} ${value}${many === true ? "…" : ""}`;
    return [left, help] as const;
  });
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`);
}
