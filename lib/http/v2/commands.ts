import { z } from "zod";
import { durationMs } from "../../base/duration.ts";
import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { StoredCommandOptions } from "../../job/stored-command.ts";
import { type Route, route } from "../route.ts";
import { anyObject, changed, duration, idParams, nameParams, pageOf, pageQuery } from "./shapes.ts";

const at = "/api/v2/commands";

const list = route({
  method: "get",
  path: at,
  right: "read",
  summary: "List the stored commands, by name",
  query: pageQuery,
  answer: pageOf(anyObject),
  run: ({ query }, { client }) => client.commands.list(query as never),
});

const get = route({
  method: "get",
  path: `${at}/{name}`,
  right: "read",
  summary: "Get a command",
  params: nameParams,
  answer: anyObject,
  async run({ params: { name } }, { client }) {
    const command = await client.commands.get(name);
    if (command !== undefined) return command;
    const message = `there is no command named ${JSON.stringify(name)}`;
    throw new ErgateError("ERR_ERGATE_COMMAND_UNKNOWN", message, { path: "name" });
  },
});

const put = route({
  method: "put",
  path: `${at}/{name}`,
  right: "admin",
  changesCommands: true,
  summary: "Make or change a command; answers what it was",
  params: nameParams,
  body: anyObject,
  answer: z.object({ previous: anyObject.nullable() }),
  run: async ({ params: { name }, body }, { client }) => ({
    previous: (await client.commands.upsert(name, body as StoredCommandOptions)) ?? null,
  }),
});

const remove = route({
  method: "delete",
  path: `${at}/{name}`,
  right: "admin",
  changesCommands: true,
  summary: "Remove a command; its runs go on",
  params: nameParams,
  answer: changed,
  run: async ({ params: { name } }, { client }) => ({
    changed: await client.commands.remove(name),
  }),
});

const kill = route({
  method: "post",
  path: `${at}/{id}/kill`,
  right: "operate",
  summary: "End a run by its job's id, or all of a command by its name, and wait for their end",
  params: idParams,
  body: z.strictObject({ reason: z.string().optional(), timeout: duration.optional() }).optional(),
  answer: z.object({ answer: z.enum(["killed", "not running", "already done"]) }),
  refuses: [408],
  async run({ params: { id }, body = {}, signal }, { client }) {
    const { reason, timeout: asked = limits.httpWaitMs } = body;
    const timeout = Math.min(durationMs(asked, "body.timeout"), limits.clientBulkMs);
    const why = reason === undefined ? {} : { reason };
    return { answer: await client.commands.kill(id, { ...why, timeout, signal }) };
  },
});

export const commandRoutes: readonly Route[] = [list, get, put, remove, kill];
