import { limits } from "../base/limits.ts";
import { type CommandSpec, commandKeys, parseCommand } from "./command.ts";
import { type Fields, optionError } from "./fields.ts";

/**
 * The command of a job's options; undefined where they name none. `known` are all options of a job.
 * Throws as `parseCommand` does, and for a handler beside a command.
 */
export function commandOf(
  fields: Fields,
  value: unknown,
  known: readonly string[],
): CommandSpec | undefined {
  const given = commandKeys.filter((key) => key !== "timeout" && fields.raw(key) !== undefined);
  const [first] = given;
  if (first === undefined) return undefined;
  if (!given.includes("command") && !given.includes("argv")) {
    throw optionError(fields.at(first), "is a command's: give a command's text, or argv");
  }
  for (const handler of ["run", "thread"]) {
    if (fields.raw(handler) === undefined) continue;
    const problem =
      "excludes command and argv: a job runs in the loop, in a thread or as a program";
    throw optionError(fields.at(handler), problem);
  }
  const grace = fields.raw("grace") ?? fields.raw("graceMs");
  return parseCommand({ ...(value as object), grace }, fields.path, known);
}

/**
 * From the moment when a command's run is asked to end: past it nothing can end its processes, and
 * the job goes on without them.
 */
export function commandEndMs({ graceMs }: CommandSpec): number {
  return graceMs + limits.commandKillMs + limits.commandKilledDrainMs + limits.commandSlackMs;
}
