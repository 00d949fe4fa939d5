import { ErgateError } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import type { Registry } from "../lib/job/registry.ts";
import type { AskQueue } from "./ask.ts";
import type { DeclaredCommand } from "./declared-options.ts";

/** A job and a stored command must not have one name. Throws ERR_ERGATE_JOB_NAME where they do. */
export async function checkStored(read: LocalParts["read"], registry: Registry): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await read({ type: "commands", cursor, limit: limits.commandRows });
    const stored = new Set(registry.stored());
    for (const { name } of page.items) {
      if (registry.get(name) === undefined || stored.has(name)) continue;
      throw nameTaken(`the job "${name}"`, "jobs", `a stored command has that name`);
    }
    cursor = page.next;
  } while (cursor !== undefined);
}

/**
 * Lets what code declares be enqueued before the start. Throws ERR_ERGATE_JOB_NAME for one that has
 * the name of a job registered here.
 */
export function takeDeclared(registry: Registry, commands: readonly DeclaredCommand[]): void {
  for (const { name, definition } of commands) {
    if (registry.store(definition)) continue;
    throw nameTaken(`the command "${name}"`, `commands.${name}`, "a job has that name");
  }
}

/** Makes the stored commands what code says. Throws as `takeDeclared`, for jobs of others. */
export async function declareCommands(
  ask: AskQueue,
  declared: readonly DeclaredCommand[],
  now: number,
): Promise<void> {
  const commands = declared.map(({ name, spec, stored: definition }) => {
    return { name, spec, definition };
  });
  const { taken } = await ask({ type: "declareCommands", commands, now });
  const [first] = taken;
  if (first === undefined) return;
  const why = "a job of a process that runs has that name";
  throw nameTaken(`the command "${first}"`, `commands.${first}`, why);
}

function nameTaken(what: string, path: string, why: string): ErgateError {
  return new ErgateError("ERR_ERGATE_JOB_NAME", `${what} can't be: ${why}`, { path });
}
