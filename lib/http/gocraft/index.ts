import { ErgateError } from "../../base/error.ts";
import type { Client } from "../../client/client.ts";
import type { Right } from "../../client/http-options.ts";
import type { Handler, HttpParts, Routes } from "../app.ts";
import { answerOf, faultCodes } from "../fault.ts";
import { needs } from "../guard.ts";
import { rankedPage } from "./ranked.ts";
import { busyWorkers, jobShape, poolShape, queueShape, secondsOf } from "./shapes.ts";

/**
 * The endpoints of gocraft/work's web UI, so that its own page works on them: its paths and its
 * JSON, indented by tabs. Its errors are `{ error }`; but with the status that fits, where it says
 * 500 for whatever went wrong.
 */
export function gocraft(prefix: string): Routes {
  return (app, parts) => {
    for (const { method, path, right, run } of endpoints) {
      app.on(method, `${prefix}${path}`, needs(right), answering(parts, run));
    }
  };
}

type Context = Parameters<Handler>[0];
type Run = (parts: HttpParts, c: Context) => Promise<unknown>;

interface Endpoint {
  method: "GET" | "POST";
  path: string;
  right: Right;
  run: Run;
}

function get(path: string, run: Run): Endpoint {
  return { method: "GET", path, right: "read", run };
}

function post(path: string, run: Run): Endpoint {
  return { method: "POST", path, right: "operate", run };
}

const ok = { status: "ok" };

const endpoints: readonly Endpoint[] = [
  get("/ping", async ({ clock }) => ({
    ping: "pong",
    current_time: new Date(clock.now()).toISOString(),
  })),
  get("/queues", async ({ client, clock }) => {
    const queues = (await client.queues.list()).map((row) => queueShape(row, clock.now()));
    return queues.toSorted((one, other) => (one.job_name < other.job_name ? -1 : 1));
  }),
  get("/worker_pools", async ({ client }) => (await client.workers.list()).map(poolShape)),
  get("/busy_workers", async ({ client }) => busyWorkers(await client.workers.list())),
  get("/retry_jobs", ({ client }, c) => {
    return listed(client, c, "retryable", (job) => ({ retry_at: secondsOf(job.runAt) }));
  }),
  get("/scheduled_jobs", ({ client }, c) => {
    return listed(client, c, "scheduled", (job) => ({ run_at: secondsOf(job.runAt) }));
  }),
  get("/dead_jobs", ({ client }, c) => {
    return listed(client, c, "dead", (job) => ({ died_at: secondsOf(job.finishedAt ?? 0) }));
  }),
  post("/delete_dead_job/:died_at/:job_id", async ({ client }, c) => {
    const id = await deadId(client, c, "nothing deleted");
    if (!(await client.jobs.delete(id))) throw nothing("nothing deleted");
    return ok;
  }),
  post("/retry_dead_job/:died_at/:job_id", async ({ client }, c) => {
    const id = await deadId(client, c, "nothing retried");
    if (!(await client.jobs.retry(id))) throw nothing("nothing retried");
    return ok;
  }),
  post("/delete_all_dead_jobs", async ({ client }) => {
    await client.jobs.deleteAll({ state: "dead" });
    return ok;
  }),
  post("/retry_all_dead_jobs", async ({ client }) => {
    await client.jobs.retryAll({ state: "dead" });
    return ok;
  }),
];

async function listed(
  { jobs }: Client,
  c: Context,
  state: "scheduled" | "retryable" | "dead",
  times: (job: Parameters<typeof jobShape>[0]) => Record<string, number>,
): Promise<object> {
  const given = c.req.query("page") ?? "";
  if (!/^\d{0,15}$/.test(given)) {
    throw new ErgateError("ERR_ERGATE_OPTION", "page: must be a whole number", { path: "page" });
  }
  const { count, items } = await rankedPage(jobs, state, Number(given) || 1);
  return { count, jobs: items.map((job) => ({ ...times(job), ...jobShape(job) })) };
}

/** A job is named by its id and the second of its death: one that lives again is another. */
async function deadId({ jobs }: Client, c: Context, otherwise: string): Promise<string> {
  const { died_at: diedAt, job_id: id = "" } = c.req.param() as Record<string, string>;
  const job = await jobs.get(id);
  const isIt = job?.state === "dead" && String(secondsOf(job.finishedAt ?? 0)) === diedAt;
  if (!isIt) throw nothing(otherwise);
  return id;
}

/** In the words of gocraft/work. */
function nothing(message: string): ErgateError {
  return new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", message);
}

/** What is no fault of ours is answered here; the rest is the app's, which logs it. */
function answering(parts: HttpParts, run: Run): Handler {
  return async (c) => {
    try {
      return tabbed(await run(parts, c), 200);
    } catch (error) {
      if (!(error instanceof ErgateError)) throw error;
      const { status, body } = answerOf(error, c.get("requestId"), faultCodes.launch);
      return tabbed({ error: body.message }, status);
    }
  };
}

function tabbed(value: unknown, status: number): Response {
  const headers = { "content-type": "application/json; charset=utf-8" };
  return new Response(JSON.stringify(value, null, "\t"), { status, headers });
}
