import type { JobFilter } from "../../job/job.ts";
import { type Route, route } from "../route.ts";
import { anyObject, countShape, filterBody, jobShape, pageOf, pageQuery } from "./shapes.ts";

/** Reads whose filter is a body: one that names 10 000 ids fits no URL. */

const at = "/api/v2/jobs";

const list = route({
  method: "post",
  path: `${at}/list`,
  right: "read",
  summary: "List jobs by a filter that is too long for a URL",
  body: filterBody.extend(pageQuery.shape),
  answer: pageOf(jobShape),
  run: ({ body }, { client }) => client.jobs.list(body as JobFilter),
});

const count = route({
  method: "post",
  path: `${at}/count`,
  right: "read",
  summary: "Count jobs by a filter that is too long for a URL",
  body: filterBody,
  answer: countShape,
  run: async ({ body }, { client }) => ({ count: await client.jobs.count(body as JobFilter) }),
});

const groups = route({
  method: "post",
  path: `${at}/errors`,
  right: "read",
  summary: "Group jobs by the kind of their last error, by a filter that is too long for a URL",
  body: filterBody.extend({ cursor: pageQuery.shape.cursor }),
  answer: pageOf(anyObject),
  run: ({ body }, { client }) => client.jobs.groups(body as JobFilter),
});

export const jobSearches: readonly Route[] = [list, count, groups];
