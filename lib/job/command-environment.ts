import { limits } from "../base/limits.ts";
import type { CommandPlatform } from "./command-limits.ts";
import { Fields, optionError } from "./fields.ts";

/** The variable by which every process of a run is found. */
export const runMark = "ERGATE_RUN";

/** What a run tells its program. */
export const told = [
  runMark,
  "ERGATE_JOB_ID",
  "ERGATE_ATTEMPT",
  "ERGATE_PLANNED_AT",
  "ERGATE_ARGS",
];

/** What programs need of the host. A host's secrets stay with it. */
const inherited = [
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR"],
  "TERM",
];
const inheritedOnWindows = [
  ...["PATHEXT", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "WINDIR", "TEMP", "TMP", "USERPROFILE"],
  ...["USERNAME", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "NUMBER_OF_PROCESSORS"],
];

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
