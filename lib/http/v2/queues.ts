import { z } from "zod";
import type { QueueOptions } from "../../job/queue.ts";
import { type Route, route } from "../route.ts";
import { pageByKey } from "./listed.ts";
import {
  anyObject,
  changed,
  countShape,
  duration,
  nameParams,
  pageOf,
  pageQuery,
  unlessLate,
  waitMs,
  waitQuery,
} from "./shapes.ts";

const at = "/api/v2/queues";

const list = route({
  method: "get",
  path: at,
  right: "read",
  summary: "List the queues by name, empty ones too",
  query: pageQuery,
  answer: pageOf(anyObject),
  run: async ({ query }, { client }) =>
    pageByKey(await client.queues.list(), ({ name }) => name, query),
});

const configure = route({
  method: "patch",
  path: `${at}/{name}`,
  right: "operate",
  summary: "Set limits and weight of a queue; null takes a limit away",
  params: nameParams,
  body: z.strictObject({
    weight: z.number().optional(),
    concurrency: z.number().nullable().optional(),
    rate: z.strictObject({ limit: z.number(), per: duration }).nullable().optional(),
    maxDepth: z.number().nullable().optional(),
  }),
  answer: changed,
  run: async ({ params: { name }, body }, { client }) => ({
    changed: await client.queues.configure(name, body as QueueOptions),
  }),
});

const pause = route({
  method: "post",
  path: `${at}/{name}/pause`,
  right: "operate",
  summary: "Pause a queue in all processes, for a time or until it is resumed",
  params: nameParams,
  body: z.strictObject({ for: duration.optional() }).optional(),
  answer: changed,
  run: async ({ params: { name }, body }, { client }) => ({
    changed: await client.queues.pause(name, (body ?? {}) as { for?: number }),
  }),
});

const resume = route({
  method: "post",
  path: `${at}/{name}/resume`,
  right: "operate",
  summary: "Resume a queue",
  params: nameParams,
  answer: changed,
  run: async ({ params: { name } }, { client }) => ({
    changed: await client.queues.resume(name),
  }),
});

const purge = route({
  method: "post",
  path: `${at}/{name}/purge`,
  right: "operate",
  summary: "Delete the waiting jobs of a queue",
  params: nameParams,
  answer: countShape,
  run: async ({ params: { name } }, { client }) => ({ count: await client.queues.purge(name) }),
});

const drained = route({
  method: "get",
  path: `${at}/drained`,
  right: "read",
  summary: "Wait until nothing of a queue, or of any, runs or could; says what it leaves",
  query: waitQuery.extend({ queue: z.string().optional() }),
  answer: z.object({ done: z.boolean(), report: anyObject.optional() }),
  async run({ query, signal }, { client }) {
    const wait = { timeout: waitMs(query), signal };
    const drain = await unlessLate(client.queues.drain(query.queue, wait));
    return drain === undefined ? { done: false } : { done: true, report: drain.value };
  },
});

export const queueRoutes: readonly Route[] = [list, drained, configure, pause, resume, purge];
