import { z } from "zod";
import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { EnqueueRequest } from "../../client/client.ts";
import type { EnqueueOptions } from "../../job/context.ts";
import type { JobFilter } from "../../job/job.ts";
import type { HttpParts } from "../app.ts";
import { type Route, route, wholeNumber } from "../route.ts";
import { tracedMeta, traceHeaders } from "../trace-context.ts";
import { enqueueManyOnce, enqueueOnce } from "./idempotency.ts";
import { jobSearches } from "./job-searches.ts";
import { pageByPlace } from "./listed.ts";
import { retriedShape, retryAll } from "./retried.ts";
import {
  anyObject,
  changed,
  countShape,
  dated,
  enqueueBody,
  filterBody,
  filterQuery,
  idParams,
  jobShape,
  pageOf,
  pageQuery,
  receiptShape,
  timesQuery,
  unlessLate,
  waitMs,
  waitQuery,
} from "./shapes.ts";

const at = "/api/v2/jobs";
const keyHeader = {
  "Idempotency-Key": "The same body with the same key is one request, however often it is sent.",
};
const listQuery = filterQuery.extend(pageQuery.shape);

const enqueue = route({
  method: "post",
  path: at,
  right: "operate",
  summary: "Enqueue a job; it is on disk when this answers. Idempotency-Key makes it one job",
  body: enqueueBody,
  answer: receiptShape,
  status: 201,
  refuses: [409, 422],
  headers: { ...keyHeader, ...traceHeaders },
  run: ({ body, signal, header }, parts) => {
    const { job, args, ...options } = body;
    const key = header("idempotency-key");
    const more = { ...tracedMeta(header, options.meta), signal } as EnqueueOptions;
    return key === undefined
      ? parts.client.enqueue(job, args, { ...options, ...more } as EnqueueOptions)
      : enqueueOnce(parts, key, body as EnqueueRequest, more);
  },
});

const enqueueMany = route({
  method: "post",
  path: `${at}/batch`,
  right: "operate",
  summary: "Enqueue many jobs in one commit: all or none. Idempotency-Key makes it one request",
  body: z.strictObject({ jobs: z.array(enqueueBody).max(limits.enqueueManyRows) }),
  answer: z.object({ items: z.array(receiptShape) }),
  status: 201,
  refuses: [409, 422],
  headers: keyHeader,
  async run({ body, header }, parts) {
    const requests = body.jobs as EnqueueRequest[];
    const key = header("idempotency-key");
    if (key === undefined) return { items: await parts.client.enqueueMany(requests) };
    return { items: await enqueueManyOnce(parts, key, requests) };
  },
});

const list = route({
  method: "get",
  path: at,
  right: "read",
  summary: "List jobs, newest first",
  query: listQuery,
  answer: pageOf(jobShape),
  run: ({ query }, { client }) => client.jobs.list(dated(query) as JobFilter),
});

const count = route({
  method: "get",
  path: `${at}/count`,
  right: "read",
  summary: "Count jobs",
  query: filterQuery,
  answer: countShape,
  run: async ({ query }, { client }) => ({
    count: await client.jobs.count(dated(query) as JobFilter),
  }),
});

const groups = route({
  method: "get",
  path: `${at}/errors`,
  right: "read",
  summary: "Group jobs by the kind of their last error",
  query: filterQuery.extend({ cursor: pageQuery.shape.cursor }),
  answer: pageOf(anyObject),
  run: ({ query }, { client }) => client.jobs.groups(dated(query) as JobFilter),
});

const get = route({
  method: "get",
  path: `${at}/{id}`,
  right: "read",
  summary: "Get a job whole",
  params: idParams,
  answer: jobShape,
  run: ({ params: { id } }, parts) => existing(parts, id),
});

const remove = route({
  method: "delete",
  path: `${at}/{id}`,
  right: "operate",
  summary: "Delete a job that does not run, with its log",
  params: idParams,
  answer: "nothing",
  refuses: [409],
  async run({ params: { id } }, parts) {
    if (await parts.client.jobs.delete(id)) return;
    const { state } = await existing(parts, id);
    throw new ErgateError("ERR_ERGATE_JOB_STATE", `the job is ${state}: stop it first`, { id });
  },
});

const moves = (["stop", "cancel", "retry"] as const).map((move) =>
  route({
    method: "post",
    path: `${at}/{id}/${move}`,
    right: "operate",
    summary: `${move[0]?.toUpperCase()}${move.slice(1)} a job`,
    params: idParams,
    body: z.strictObject({ reason: z.string().optional() }).optional(),
    answer: changed,
    ...(move === "retry" ? { refuses: [409] as const } : {}),
    async run({ params: { id }, body }, parts) {
      const { jobs } = parts.client;
      await existing(parts, id);
      const reason = body?.reason;
      return { changed: await (move === "retry" ? jobs.retry(id) : jobs[move](id, reason)) };
    },
  }),
);

const bulk = route({
  method: "post",
  path: `${at}/bulk`,
  right: "operate",
  summary: "Stop, cancel, retry or delete all jobs that match, in small commits",
  body: z.strictObject({
    action: z.enum(["stop", "cancel", "retry", "delete"]),
    filter: filterBody,
    reason: z.string().optional(),
  }),
  answer: retriedShape,
  async run({ body: { action, filter, reason } }, { client: { jobs } }) {
    const chosen = filter as JobFilter;
    switch (action) {
      case "stop":
        return { count: await jobs.stopAll(chosen, reason) };
      case "cancel":
        return { count: await jobs.cancelAll(chosen, reason) };
      case "retry":
        return retryAll(jobs, chosen);
      case "delete":
        return { count: await jobs.deleteAll(chosen) };
      default:
        return action satisfies never;
    }
  },
});

const result = route({
  method: "get",
  path: `${at}/{id}/result`,
  right: "read",
  summary: "Wait for a job's end and get its result; 409 where it did not complete",
  params: idParams,
  query: waitQuery,
  answer: z.object({ done: z.boolean(), result: z.unknown().optional() }),
  refuses: [409],
  async run({ params: { id }, query, signal }, { client }) {
    const end = await unlessLate(client.result(id, { timeout: waitMs(query), signal }));
    return end === undefined ? { done: false } : { done: true, result: end.value };
  },
});

const executions = route({
  method: "get",
  path: `${at}/{id}/executions`,
  right: "read",
  summary: "List a job's attempts, the first first",
  params: idParams,
  query: pageQuery,
  answer: pageOf(anyObject),
  async run({ params: { id }, query }, parts) {
    await existing(parts, id);
    return pageByPlace(await parts.client.jobs.executions(id), query);
  },
});

const why = route({
  method: "get",
  path: `${at}/{id}/why`,
  right: "read",
  summary: "Say why a job stands where it does",
  params: idParams,
  answer: z.object({ sentence: z.string(), facts: anyObject }),
  run: ({ params: { id } }, { client }) => client.why(id),
});

const logs = route({
  method: "get",
  path: `${at}/{id}/logs`,
  right: "read",
  summary: "Read a job's lines",
  params: idParams,
  query: pageQuery.extend({
    attempt: wholeNumber(1, limits.maxAttemptsMax).optional(),
    tail: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
    ...timesQuery.shape,
  }),
  answer: pageOf(anyObject),
  async run({ params: { id }, query }, parts) {
    await existing(parts, id);
    return parts.client.jobs.logs(id, dated(query) as never);
  },
});

export const jobRoutes: readonly Route[] = [
  ...[enqueue, enqueueMany, list, count, groups, bulk, get, remove, ...moves],
  ...[...jobSearches, result, executions, why, logs],
];

async function existing({ client }: HttpParts, id: string) {
  const job = await client.jobs.get(id);
  if (job !== undefined) return job;
  throw new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", `no job has the id ${id}`, { id });
}
