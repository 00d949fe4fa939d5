import type { JobFilter } from "../../job/job.ts";
import { type Route, route } from "../route.ts";
import { retriedShape, retryAll } from "./retried.ts";
import {
  anyObject,
  countShape,
  dated,
  filterBody,
  filterQuery,
  jobShape,
  pageOf,
  pageQuery,
} from "./shapes.ts";

/** The dead set: what `/jobs` says of the jobs that are dead, and nothing of others. */

const at = "/api/v2/dead";
const query = filterQuery.omit({ state: true });
const body = filterBody.omit({ state: true }).optional();

/** Whatever is asked for, it is asked among the dead. */
function dead(filter: object = {}): JobFilter {
  return { ...dated(filter), state: "dead" };
}

const list = route({
  method: "get",
  path: at,
  right: "read",
  summary: "List the dead jobs, by the time of their death",
  query: query.extend(pageQuery.shape),
  answer: pageOf(jobShape),
  run: ({ query: asked }, { client }) => client.jobs.list(dead(asked)),
});

const count = route({
  method: "get",
  path: `${at}/count`,
  right: "read",
  summary: "Count the dead jobs",
  query,
  answer: countShape,
  run: async ({ query: asked }, { client }) => ({ count: await client.jobs.count(dead(asked)) }),
});

const groups = route({
  method: "get",
  path: `${at}/errors`,
  right: "read",
  summary: "Group the dead jobs by the kind of their last error",
  query: query.extend({ cursor: pageQuery.shape.cursor }),
  answer: pageOf(anyObject),
  run: ({ query: asked }, { client }) => client.jobs.groups(dead(asked)),
});

const retry = route({
  method: "post",
  path: `${at}/retry`,
  right: "operate",
  summary: "Retry the dead jobs that match, or all, in small commits",
  body,
  answer: retriedShape,
  run: ({ body: filter }, { client }) => retryAll(client.jobs, dead(filter)),
});

const remove = route({
  method: "post",
  path: `${at}/delete`,
  right: "operate",
  summary: "Delete the dead jobs that match, or all, in small commits",
  body,
  answer: countShape,
  run: async ({ body: filter }, { client }) => ({
    count: await client.jobs.deleteAll(dead(filter)),
  }),
});

export const deadRoutes: readonly Route[] = [list, count, groups, retry, remove];
