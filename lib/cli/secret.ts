import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ErgateError, messageOf } from "../base/error.ts";
import type { Call } from "./command.ts";
import type { OptionSpecs } from "./options.ts";

/** No option takes the secret itself: others on the machine see command lines. */
export const secretOptions = {
  "secret-file": { value: "FILE", help: "holds the secret (else ERGATE_SECRET or CORE_SECRET)" },
} as const satisfies OptionSpecs;

/** The secret of a server, or for one. Throws ERR_ERGATE_OPTION for a file that can't be read. */
export function secretOf(call: Call): string | undefined {
  const { ERGATE_SECRET: own, CORE_SECRET: theirs } = call.machine.env;
  const file = fileText(call, "secret-file")?.replace(/\r?\n$/, "");
  if (file === "") throw optionError("secret-file", "holds no secret");
  return file ?? (own || theirs || undefined);
}

/** The text of the file that an option names. */
export function fileText({ args, start }: Call, option: string): string | undefined {
  const file = args.text(option);
  if (file === undefined) return undefined;
  try {
    return readFileSync(resolve(start, file), "utf8");
  } catch (error) {
    throw optionError(option, `can't be read: ${messageOf(error)}`);
  }
}

function optionError(option: string, problem: string): ErgateError {
  const path = `--${option}`;
  return new ErgateError("ERR_ERGATE_OPTION", `${path} ${problem}`, { path });
}
