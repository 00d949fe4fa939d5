import { durationMs } from "../../base/duration.ts";
import { limits } from "../../base/limits.ts";
import { Fields } from "../../job/fields.ts";
import { checkJobName } from "../../job/name.ts";
import { parseStoredCommand, type StoredCommandOptions } from "../../job/stored-command.ts";
import type { CommandsClient, KillOptions } from "../commands.ts";
import { idGiven, reasonGiven, waitGiven } from "../given.ts";
import type { KillAnswer } from "../kill.ts";
import { pageGiven } from "../paging.ts";
import { orAbsent } from "./answer.ts";
import { type Connection, segment } from "./connection.ts";
import { remoteEnqueue } from "./enqueue.ts";

/** To change commands takes the right `admin`, or a server that has `allowCommands`. */
export function remoteCommands(server: Connection): CommandsClient {
  const at = (name: string) => `/commands/${segment(checkJobName(name, "name"), "name")}`;
  return {
    async upsert(name, options) {
      const path = at(name);
      parseStoredCommand(name, options, "options");
      type Answer = { previous: StoredCommandOptions | null };
      return (await server.call<Answer>("PUT", path, { body: options })).previous ?? undefined;
    },
    get: async (name) => orAbsent(server.call("GET", at(name)), undefined),
    list: async (options = {}) => server.call("GET", "/commands", { query: pageGiven(options) }),
    remove: async (name) => (await server.call<{ changed: boolean }>("DELETE", at(name))).changed,
    run: async (name, args, options) => {
      return remoteEnqueue(server, checkJobName(name, "name"), args, options);
    },
    kill: (idOrName, options = {}) => kill(server, idOrName, options),
  };
}

/** Waits for 270 s at most. */
async function kill(
  server: Connection,
  idOrName: string,
  options: KillOptions,
): Promise<KillAnswer> {
  const { reason, ...wait } = options;
  new Fields(options, "options", ["reason", "timeout", "signal"]);
  const { timeout = limits.clientBulkMs, signal } = waitGiven(wait);
  const waitMs = Math.min(durationMs(timeout, "timeout"), limits.clientBulkMs);
  const why = reason === undefined ? {} : { reason: reasonGiven(reason) };
  const path = `/commands/${segment(idGiven(idOrName), "id")}/kill`;
  const body = { ...why, timeout: waitMs };
  const asked = { body, signal, extraMs: waitMs };
  return (await server.call<{ answer: KillAnswer }>("POST", path, asked)).answer;
}
