import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { EnqueueOptions } from "../job/context.ts";
import { Fields } from "../job/fields.ts";
import type { JobId, Page, Receipt } from "../job/job.ts";
import { checkJobName } from "../job/name.ts";
import type { Registry } from "../job/registry.ts";
import { parseStoredCommand, type StoredCommandOptions } from "../job/stored-command.ts";
import type { CommandView } from "../protocol/command.ts";
import type { Client, PageOptions, ResultOptions } from "./client.ts";
import { type KillAnswer, killCommand } from "./kill.ts";
import type { LocalParts } from "./parts.ts";

/** A command as it is stored, with what it does. */
export interface StoredCommandView extends StoredCommandOptions {
  name: string;
  /** Rises with every change, over the file. */
  revision: number;
  /** How many of its runs run. */
  running: number;
}

export interface KillOptions extends ResultOptions {
  /** Kept with the job. Default "killed by hand". */
  reason?: string;
}

export interface CommandsClient {
  /**
   * Makes the command or changes it, for all processes at once; resolves with what it was. What
   * runs goes on as it was. It holds until code declares something else than it did. Throws
   * ERR_ERGATE_OPTION and others with the path of the bad field, ERR_ERGATE_JOB_NAME where a job
   * has the name.
   */
  upsert(name: string, options: StoredCommandOptions): Promise<StoredCommandOptions | undefined>;
  get(name: string): Promise<StoredCommandView | undefined>;
  /** By name. */
  list(options?: PageOptions): Promise<Page<StoredCommandView>>;
  /** What runs goes on, and can be killed. Resolves with whether there was one. */
  remove(name: string): Promise<boolean>;
  /** Enqueues it, as `enqueue` does. */
  run(name: string, args?: unknown, options?: EnqueueOptions): Promise<Receipt>;
  /**
   * Ends a run by the id of its job, or all unfinished runs of a command by its name, in whatever
   * process they are: each is stopped and not tried again. Resolves once they have ended, their
   * processes with them: `killed`; `not running`: there is none; `already done`: it ended by itself
   * before. Rejects with ERR_ERGATE_WAIT_TIMEOUT or the signal's reason where that takes too long:
   * what was asked holds all the same.
   */
  kill(idOrName: JobId | string, options?: KillOptions): Promise<KillAnswer>;
}

export interface CommandParts extends LocalParts {
  registry: Registry;
  enqueue: Client["enqueue"];
}

export function localCommands(parts: CommandParts): CommandsClient {
  return {
    upsert: (name, options) => upsert(parts, name, options),
    async get(name) {
      const view = await parts.read({ type: "command", name: checkJobName(name, "name") });
      return view && viewOf(view);
    },
    list: (options = {}) => list(parts, options),
    async remove(name) {
      checkJobName(name, "name");
      return (await parts.ask({ type: "removeCommand", name })).removed;
    },
    run: (name, args, options) => parts.enqueue(checkJobName(name, "name"), args, options),
    kill: (idOrName, options = {}) => killCommand(parts, idOrName, options),
  };
}

async function upsert(
  parts: CommandParts,
  name: string,
  options: StoredCommandOptions,
): Promise<StoredCommandOptions | undefined> {
  checkJobName(name, "name");
  const { registry, clock } = parts;
  const { spec, stored: definition } = parseStoredCommand(name, options, "options");
  if (registry.get(name) !== undefined && !registry.stored().includes(name)) throw taken(name);
  const command = { name, spec, definition };
  const answer = await parts.ask({ type: "saveCommand", command, now: clock.now() });
  if (answer.type === "taken") throw taken(name);
  return answer.previous === undefined ? undefined : JSON.parse(answer.previous);
}

async function list(parts: CommandParts, options: PageOptions): Promise<Page<StoredCommandView>> {
  const fields = new Fields(options, "options", ["cursor", "limit"]);
  const limit = fields.integer("limit", 1, limits.pageRows) ?? limits.pageRowsDefault;
  const cursor = fields.string("cursor");
  const { items, next } = await parts.read({ type: "commands", cursor, limit });
  return { items: items.map(viewOf), next };
}

function viewOf({ name, spec, revision, running }: CommandView): StoredCommandView {
  return { ...(JSON.parse(spec) as StoredCommandOptions), name, revision, running };
}

function taken(name: string): ErgateError {
  const message = `the command "${name}" can't be: a job has that name`;
  return new ErgateError("ERR_ERGATE_JOB_NAME", message, { path: "name" });
}
