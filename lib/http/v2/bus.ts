import { z } from "zod";
import type { PageOptions } from "../../client/client.ts";
import { type Route, route } from "../route.ts";
import { anyObject, changed, idParams, pageOf, pageQuery } from "./shapes.ts";

/** Messages between processes: what is published, and what was given up. */

const at = "/api/v2/bus";

/**
 * The runtime acts on some events as it does on requests for schedules, commands of jobs and hooks:
 * each of those takes the right to operate.
 */
const publish = route({
  method: "post",
  path: at,
  right: "operate",
  summary: "Publish a message to all that subscribe to its event",
  body: z.strictObject({ event: z.string(), data: z.unknown() }),
  answer: z.object({ id: z.string(), revision: z.number(), heard: z.boolean() }),
  status: 201,
  run: ({ body: { event, data } }, { client }) => client.bus.publish(event, data),
});

const stats = route({
  method: "get",
  path: `${at}/stats`,
  right: "read",
  summary: "Count what was published, delivered, failed, lost and heard by nobody",
  answer: anyObject,
  run: (_, { client }) => client.bus.stats(),
});

/** What was published may hold a hook's secret, which who may only read never sees. */
const dead = route({
  method: "get",
  path: `${at}/dead`,
  right: "operate",
  summary: "List the messages that a subscription gave up, newest first",
  query: pageQuery,
  answer: pageOf(anyObject),
  run: ({ query }, { client }) => client.bus.dead.list(query as PageOptions),
});

const retry = route({
  method: "post",
  path: `${at}/dead/{id}/retry`,
  right: "operate",
  summary: "Publish a dead letter once more, to the subscription that gave it up",
  params: idParams,
  answer: changed,
  run: async ({ params: { id } }, { client }) => ({ changed: await client.bus.dead.retry(id) }),
});

const remove = route({
  method: "delete",
  path: `${at}/dead/{id}`,
  right: "operate",
  summary: "Delete a dead letter",
  params: idParams,
  answer: changed,
  run: async ({ params: { id } }, { client }) => ({ changed: await client.bus.dead.delete(id) }),
});

export const busRoutes: readonly Route[] = [publish, stats, dead, retry, remove];
