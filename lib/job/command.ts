import type { Duration } from "../base/duration.ts";
import { limits } from "../base/limits.ts";
import { parseEnv, parseInheritEnv } from "./command-environment.ts";
import {
  type CommandPlatform,
  type LimitStep,
  parseLimits,
  type ResourceLimits,
} from "./command-limits.ts";
import { Fields, optionError } from "./fields.ts";

/** A program to run, as users write it: `command` or `argv`, and what it runs with. */
export interface CommandOptions {
  /** Text for the shell; excludes `argv`. */
  command?: string;
  /** A program and its arguments, run without a shell. */
  argv?: readonly string[];
  /** Called with `-c` and the text. Default `/bin/bash`; on Windows `cmd.exe` with `/d /s /c`. */
  shell?: string;
  /** Default: the host's. */
  cwd?: string;
  /** Added to what is inherited. */
  env?: Readonly<Record<string, string>>;
  /**
   * Names to inherit from the host, in place of the default list; a final `*` stands for any rest.
   * Default: PATH, HOME, USER, LOGNAME, SHELL, LANG, LANGUAGE, LC_*, TZ, TMPDIR, TERM; on Windows
   * also what its programs don't start without.
   */
  inheritEnv?: readonly string[];
  /** Text, or the job's args as JSON. Default: nothing, an end of file. */
  stdin?: string | { readonly from: "args" };
  /** Of the whole run; past it it is killed. Default: none. */
  timeout?: Duration;
  /** From TERM to KILL. Default 5 s. */
  grace?: Duration;
  /** `split` marks the two streams; `merged` gives both one pipe: their order is exact. */
  output?: "split" | "merged";
  limits?: ResourceLimits;
}

/** A command, checked. */
export interface CommandSpec {
  readonly program: string;
  readonly args: readonly string[];
  /** As its user wrote it, for people to read. */
  readonly text: string;
  /** On Windows, cmd reads its line as it is. */
  readonly verbatim: boolean;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly inheritEnv: readonly string[];
  readonly stdin: CommandInput;
  readonly timeoutMs: number | undefined;
  readonly graceMs: number;
  readonly merged: boolean;
  readonly limits: readonly LimitStep[];
}

export type CommandInput = { type: "none" } | { type: "text"; text: string } | { type: "args" };

/** Every option of a command. */
export const commandKeys = [
  ...["command", "argv", "shell", "cwd", "env", "inheritEnv", "stdin", "timeout", "grace"],
  ...["output", "limits"],
];

const thisPlatform: CommandPlatform = {
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
};

/**
 * Checks a command's options. `also` names keys that the caller reads itself. Throws
 * ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the path of the bad field. Whether the program and
 * its cwd are there is asked at each start.
 */
export function parseCommand(
  value: unknown,
  path: string,
  also: readonly string[] = [],
  platform: CommandPlatform = thisPlatform,
): CommandSpec {
  const fields = new Fields(value, path, [...commandKeys, ...also]);
  const timeoutMs = fields.durationMs("timeout");
  if (timeoutMs === 0) throw optionError(fields.at("timeout"), "must be longer than 0");
  return Object.freeze({
    ...programOf(fields, platform),
    cwd: filled(fields, "cwd"),
    env: parseEnv(fields.raw("env"), fields.at("env")),
    inheritEnv: parseInheritEnv(fields.raw("inheritEnv"), fields.at("inheritEnv"), platform),
    stdin: inputOf(fields),
    timeoutMs,
    graceMs: fields.durationMs("grace") ?? limits.commandGraceMs,
    merged: mergedOf(fields, platform),
    limits: parseLimits(fields.raw("limits"), fields.at("limits"), platform),
  });
}

type Program = Pick<CommandSpec, "program" | "args" | "text" | "verbatim">;

function programOf(fields: Fields, { platform }: CommandPlatform): Program {
  const command = filled(fields, "command");
  const argv = argvOf(fields);
  const shell = filled(fields, "shell");
  if (command === undefined && argv === undefined) {
    throw optionError(fields.at("command"), "is missing: give a command's text, or argv");
  }
  if (argv !== undefined) {
    if (command !== undefined) throw optionError(fields.at("argv"), "excludes command");
    if (shell !== undefined) throw optionError(fields.at("shell"), "is for command, not for argv");
    const [program, ...args] = argv as [string, ...string[]];
    return { program, args, text: argv.map(quoted).join(" "), verbatim: false };
  }
  const text = command as string;
  if (platform === "win32" && shell === undefined) {
    const args = ["/d", "/s", "/c", `"${text}"`];
    return { program: "cmd.exe", args, text, verbatim: true };
  }
  return { program: shell ?? "/bin/bash", args: ["-c", text], text, verbatim: false };
}

function argvOf(fields: Fields): readonly string[] | undefined {
  const value = fields.raw("argv");
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length === 0 || value.length > limits.commandArgs) {
    throw optionError(fields.at("argv"), `must be a list of 1 to ${limits.commandArgs} texts`);
  }
  for (const [at, each] of value.entries()) checkText(each, `${fields.at("argv")}[${at}]`);
  if (value[0] === "") throw optionError(`${fields.at("argv")}[0]`, "must name a program");
  return [...value];
}

function filled(fields: Fields, key: string): string | undefined {
  const value = fields.string(key);
  if (value === undefined) return undefined;
  checkText(value, fields.at(key));
  if (value.trim() === "") throw optionError(fields.at(key), "must not be empty");
  return value;
}

function checkText(value: unknown, path: string): void {
  if (typeof value !== "string") throw optionError(path, "must be a string");
  if (value.includes("\0")) throw optionError(path, "must not hold a NUL");
  if (Buffer.byteLength(value) > limits.commandArgBytes) {
    throw optionError(path, `must have at most ${limits.commandArgBytes} bytes`);
  }
}

function inputOf(fields: Fields): CommandInput {
  const value = fields.raw("stdin");
  if (value === undefined) return { type: "none" };
  if (typeof value !== "string") {
    new Fields(value, fields.at("stdin"), ["from"]).oneOf("from", ["args"]);
    return { type: "args" };
  }
  if (Buffer.byteLength(value) > limits.payloadBytes) {
    throw optionError(fields.at("stdin"), `must have at most ${limits.payloadBytes} bytes`);
  }
  return { type: "text", text: value };
}

function mergedOf(fields: Fields, { platform }: CommandPlatform): boolean {
  const merged = fields.oneOf("output", ["split", "merged"]) === "merged";
  if (merged && platform === "win32") {
    throw optionError(fields.at("output"), "can't be merged on Windows: end the text with 2>&1");
  }
  return merged;
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
