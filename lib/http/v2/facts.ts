import { z } from "zod";
import { type Route, route } from "../route.ts";
import { pageByKey } from "./listed.ts";
import { anyObject, dated, pageOf, pageQuery, timesQuery } from "./shapes.ts";

/** What the file and its processes are like. */

const workers = route({
  method: "get",
  path: "/api/v2/workers",
  right: "read",
  summary: "List the processes that run jobs of the file by their ids, with what they run",
  query: pageQuery,
  answer: pageOf(anyObject),
  run: async ({ query }, { client }) =>
    pageByKey(await client.workers.list(), ({ id }) => id, query),
});

const stats = route({
  method: "get",
  path: "/api/v2/stats",
  right: "read",
  summary: "Say what this process did since it started, and what the file holds",
  answer: anyObject,
  run: (_, { client }) => client.stats(),
});

const health = route({
  method: "get",
  path: "/api/v2/health",
  right: "read",
  summary: "Check the file",
  answer: anyObject,
  run: (_, { client }) => client.health(),
});

const locks = route({
  method: "get",
  path: "/api/v2/locks",
  right: "read",
  summary: "List the locks that are held, by name",
  query: pageQuery,
  answer: pageOf(anyObject),
  run: ({ query }, { client }) => client.locks.list(query as never),
});

const logs = route({
  method: "get",
  path: "/api/v2/logs",
  right: "read",
  summary: "Find the lines of all jobs that have some words, newest first",
  query: pageQuery.extend({
    text: z.string(),
    job: z.string().optional(),
    ...timesQuery.shape,
  }),
  answer: pageOf(anyObject),
  run: ({ query: { text, ...options } }, { client }) => client.logs.search(text, dated(options)),
});

export const factRoutes: readonly Route[] = [workers, locks, logs, stats, health];
