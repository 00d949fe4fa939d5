import { z } from "zod";
import { ErgateError } from "../../base/error.ts";
import type { Worker } from "../../client/workers.ts";
import { faultCodes } from "../fault.ts";
import { logResponse } from "../job-log.ts";
import { type Route, route } from "../route.ts";
import { tracedMeta, traceHeaders } from "../trace-context.ts";
import { act } from "./actions.ts";
import { executionsOf } from "./executions.ts";
import { listJobs } from "./listing.ts";
import {
  actionBody,
  executionsQuery,
  jobParams,
  listQuery,
  poolsShape,
  statsShape,
  submitBody,
} from "./shapes.ts";
import { statsById } from "./stats.ts";
import { submit } from "./submit.ts";

/** The API of Harbor's jobservice. */

const at = "/api/v1/jobs";

const launch = route({
  method: "post",
  path: at,
  right: "operate",
  summary: "Submit a job of the jobservice; it is on disk, and can be read, when this answers",
  body: submitBody,
  answer: statsShape,
  status: 202,
  refuses: [409],
  headers: traceHeaders,
  run: async ({ body, signal, header }, parts) => ({
    job: await submit(parts, body.job, { signal, ...tracedMeta(header, undefined) }),
  }),
});

const list = route({
  method: "get",
  path: at,
  right: "read",
  summary: "List jobs as the jobservice does; the header Next-Cursor goes on",
  query: listQuery,
  answer: z.array(statsShape),
  async run({ query }, { client, clock }) {
    const { items, next, total } = await listJobs(client, query, clock.now());
    const headers = {
      ...(next === undefined ? {} : { "next-cursor": next }),
      ...(total === undefined ? {} : { "total-count": String(total) }),
    };
    return Response.json(items.map(asJob), { headers });
  },
});

const get = route({
  method: "get",
  path: `${at}/{id}`,
  right: "read",
  summary: "Get a job's stats",
  params: jobParams,
  answer: statsShape,
  run: async ({ params: { id } }, { client, clock }) => ({
    job: await statsById(client, id, clock.now()),
  }),
});

const action = route({
  method: "post",
  path: `${at}/{id}`,
  right: "operate",
  summary: "Stop, cancel or retry a job of the jobservice",
  params: jobParams,
  body: actionBody,
  answer: "nothing",
  faultCode: faultCodes.action,
  refuses: [409],
  run: ({ params: { id }, body }, { client }) => act(client, id, body.action),
});

const log = route({
  method: "get",
  path: `${at}/{id}/log`,
  right: "read",
  summary: "Read a job's log, all its attempts, as text",
  params: jobParams,
  answer: "text",
  partial: true,
  async run({ params: { id }, header }, { client }) {
    if (/\.\.|[\\/]/.test(id)) {
      throw new ErgateError("ERR_ERGATE_OPTION", "id is a path, not a job's id", { path: "id" });
    }
    return logResponse(client, id, { attempt: "all", headed: false, range: header("range") });
  },
});

const executions = route({
  method: "get",
  path: `${at}/{id}/executions`,
  right: "read",
  summary:
    "List what a job or a Periodic one brought about, newest first; Total-Count says how many",
  params: jobParams,
  query: executionsQuery,
  answer: z.array(statsShape),
  async run({ params: { id }, query }, { client }) {
    const { items, total } = await executionsOf(client, id, query);
    return Response.json(items.map(asJob), { headers: { "total-count": String(total) } });
  },
});

const stats = route({
  method: "get",
  path: "/api/v1/stats",
  right: "read",
  summary: "List the processes that run jobs, as the jobservice's worker pools",
  answer: poolsShape,
  run: async (_, { client, clock }) => ({
    worker_pools: (await client.workers.list()).map((worker) => poolOf(worker, clock.now())),
  }),
});

export const v1Routes: readonly Route[] = [...[launch, list, get, action, log, executions, stats]];

function asJob<T>(job: T): { job: T } {
  return { job };
}

/** One whose lock is held lives now: it writes its lease no oftener than it must. */
function poolOf(worker: Worker, now: number) {
  const { id, startedAt, heartbeatAt, jobs, concurrency, status } = worker;
  const isHealthy = status === "healthy";
  return {
    worker_pool_id: id,
    started_at: Math.floor(startedAt / 1_000),
    heartbeat_at: Math.floor((isHealthy ? now : heartbeatAt) / 1_000),
    job_names: jobs,
    concurrency,
    status: isHealthy ? "Healthy" : "Dead",
  };
}
