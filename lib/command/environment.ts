import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { Fields, optionError } from "../job/fields.ts";
import type { CommandPlatform } from "./resource-limits.ts";
import type { CommandSpec } from "./spec.ts";

/** What a run tells its program, all of it in the environment. */
export interface CommandFacts {
  /** Of this run alone: what is left of it is found by it. ERGATE_RUN. */
  readonly runId: string;
  /** ERGATE_JOB_ID */
  readonly jobId: string;
  /** ERGATE_ATTEMPT */
  readonly attempt: number;
  /** Milliseconds since the epoch. ERGATE_PLANNED_AT, where the run is scheduled. */
  readonly plannedAt: number | undefined;
  /** JSON. ERGATE_ARGS, or stdin where the command says so. */
  readonly args: string | undefined;
}

/** The variable by which every process of a run is found. */
export const runMark = "ERGATE_RUN";

const told = [runMark, "ERGATE_JOB_ID", "ERGATE_ATTEMPT", "ERGATE_PLANNED_AT", "ERGATE_ARGS"];

/** What programs need of the host. A host's secrets stay with it. */
const inherited = [
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR"],
  "TERM",
];
const inheritedOnWindows = [
  ...["PATHEXT", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "WINDIR", "TEMP", "TMP", "USERPROFILE"],
  ...["USERNAME", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "NUMBER_OF_PROCESSORS"],
];

/**
 * The whole environment of a run's program. Throws ERR_ERGATE_PAYLOAD_SIZE when the args are more
 * than a variable can hold: such a command takes them from stdin.
 */
export function environmentOf(
  spec: CommandSpec,
  facts: CommandFacts,
  host: NodeJS.ProcessEnv,
): Record<string, string> {
  const env: Record<string, string> = {
    [runMark]: facts.runId,
    ERGATE_JOB_ID: facts.jobId,
    ERGATE_ATTEMPT: String(facts.attempt),
  };
  if (facts.plannedAt !== undefined) env.ERGATE_PLANNED_AT = String(facts.plannedAt);
  if (facts.args !== undefined && spec.stdin.type !== "args") env.ERGATE_ARGS = fitting(facts.args);
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || told.includes(name)) continue;
    if (spec.inheritEnv.some((pattern) => matches(pattern, name))) env[name] = value;
  }
  return Object.assign(env, spec.env);
}

/** Checks a command's `env`. Throws ERR_ERGATE_OPTION with the path of the bad name. */
export function parseEnv(value: unknown, path: string): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const fields = new Fields(value, path, names);
  if (names.length > limits.commandEnvNames) {
    throw optionError(path, `must have at most ${limits.commandEnvNames} names`);
  }
  return Object.fromEntries(names.map((name) => [name, variable(fields, name)]));
}

/** Checks the list of inherited names. Throws ERR_ERGATE_OPTION with the path of the bad entry. */
export function parseInheritEnv(
  value: unknown,
  path: string,
  { platform }: CommandPlatform,
): readonly string[] {
  const isWindows = platform === "win32";
  if (value === undefined) return isWindows ? [...inherited, ...inheritedOnWindows] : inherited;
  if (!Array.isArray(value) || value.length > limits.commandEnvNames) {
    throw optionError(path, `must be a list of at most ${limits.commandEnvNames} names`);
  }
  for (const [at, name] of value.entries()) {
    if (typeof name !== "string" || !/^[^=*\0]*\*?$/.test(name) || name === "") {
      throw optionError(`${path}[${at}]`, "must be a variable's name; a * may stand at its end");
    }
  }
  return [...value];
}

function variable(fields: Fields, name: string): string {
  if (name === "" || /[=\0]/.test(name))
    throw optionError(fields.at(name), "is no variable's name");
  if (told.includes(name)) throw optionError(fields.at(name), "is set by Ergate for each run");
  const value = fields.string(name);
  if (value === undefined || value.includes("\0")) {
    throw optionError(fields.at(name), "must be a string without NUL");
  }
  if (Buffer.byteLength(value) > limits.commandArgBytes) {
    throw optionError(fields.at(name), `must have at most ${limits.commandArgBytes} bytes`);
  }
  return value;
}

function fitting(args: string): string {
  const bytes = Buffer.byteLength(args);
  if (bytes <= limits.commandArgBytes) return args;
  throw new ErgateError(
    "ERR_ERGATE_PAYLOAD_SIZE",
    `the args are ${bytes} bytes, ERGATE_ARGS holds ${limits.commandArgBytes}: ` +
      'let the command read them, with stdin: { from: "args" }',
    { path: "args" },
  );
}

/** Names differ by case on every system but Windows, where the host's come in any. */
function matches(pattern: string, name: string): boolean {
  const plain = process.platform === "win32" ? name.toUpperCase() : name;
  return pattern.endsWith("*") ? plain.startsWith(pattern.slice(0, -1)) : plain === pattern;
}
