import { resolve } from "node:path";
import { limits } from "../base/limits.ts";
import type { StoredCommandOptions } from "../job/stored-command.ts";
import type { Call } from "./command.ts";
import type { Args, OptionSpecs } from "./options.ts";

/** How the command line says what a command runs, and with what. */

export const specOptions = {
  argv: { help: "the words are a program and its arguments, run without a shell" },
  shell: { value: "FILE", help: "called with -c and the text (default /bin/bash)" },
  cwd: { value: "FOLDER", help: "where it runs (default: where its runtime was started)" },
  env: { value: "NAME=VALUE", many: true, help: "added to what it inherits" },
  "inherit-env": { value: "NAME", many: true, help: "inherit these alone; a final * is any rest" },
  stdin: { value: "TEXT", help: "what it reads" },
  "stdin-args": { help: "it reads its arguments, as JSON" },
  output: { value: "KIND", help: "split (default), or merged: both streams in their exact order" },
  timeout: { value: "TIME", help: "of a run: past it it is killed" },
  grace: { value: "TIME", help: "from TERM to KILL (default 5s)" },
  limit: { value: "NAME=N", many: true, help: "of the system, such as openFiles=64 or cpu=10s" },
  concurrency: { value: "N", help: "runs at once, over all processes (default 1)" },
  "max-attempts": { value: "N", help: "attempts before it is dead (default 1)" },
  queue: { value: "NAME", help: "default: one of its own" },
  priority: { value: "N", help: "higher first within its queue" },
} as const satisfies OptionSpecs;

export function specOf({ args, start }: Call): StoredCommandOptions {
  const [, ...words] = args.words;
  if (!args.flag("argv") && words.length > 1) {
    throw args.wrong("the command's text is one word: quote it, or give --argv -- PROGRAM ARG…");
  }
  if (args.flag("stdin-args") && args.text("stdin") !== undefined) {
    throw args.wrong("--stdin and --stdin-args exclude each other");
  }
  const options: StoredCommandOptions = args.flag("argv")
    ? { argv: words }
    : { command: words[0] as string };
  const set = <K extends keyof StoredCommandOptions>(
    key: K,
    value: StoredCommandOptions[K] | undefined,
  ) => {
    if (value !== undefined) options[key] = value;
  };
  const cwd = args.text("cwd");
  set("shell", args.text("shell"));
  set("cwd", cwd === undefined ? undefined : resolve(start, cwd));
  set("env", pairsOf(args, "env"));
  const inherited = args.texts("inherit-env");
  set("inheritEnv", inherited.length === 0 ? undefined : inherited);
  set("stdin", args.flag("stdin-args") ? { from: "args" } : args.text("stdin"));
  set("output", args.choice("output", ["split", "merged"] as const));
  set("limits", limitsOf(args));
  setNumbers(args, set);
  return options;
}

type Set = <K extends keyof StoredCommandOptions>(
  key: K,
  value: StoredCommandOptions[K] | undefined,
) => void;

function setNumbers(args: Args, set: Set): void {
  set("timeout", args.duration("timeout"));
  set("grace", args.duration("grace"));
  set("concurrency", args.integer("concurrency", 1, limits.concurrencyMax));
  set("maxAttempts", args.integer("max-attempts", 1, limits.maxAttemptsMax));
  set("queue", args.text("queue"));
  set("priority", args.integer("priority", -limits.priorityMax, limits.priorityMax));
}

function pairsOf(args: Args, name: string): Record<string, string> | undefined {
  const texts = args.texts(name);
  if (texts.length === 0) return undefined;
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw args.wrong(`--${name} is "${text}": it must be NAME=VALUE`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** Whole numbers are numbers, all else is a duration; which it must be says the command itself. */
function limitsOf(args: Args): StoredCommandOptions["limits"] {
  const pairs = pairsOf(args, "limit");
  if (pairs === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(pairs).map(([name, text]) => [name, /^\d+$/.test(text) ? Number(text) : text]),
  );
}
