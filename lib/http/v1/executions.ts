import { limits } from "../../base/limits.ts";
import type { Client } from "../../client/client.ts";
import { type JobStats, statsMeta, statsOf } from "../../hook/job-stats.ts";
import type { Job, Page } from "../../job/job.ts";
import type { Run } from "../../job/run.ts";
import { isFinal, type JobState, jobStates } from "../../job/state.ts";
import type { ExecutionsQuery } from "./shapes.ts";
import { childrenOf, factsOf, notFound } from "./stats.ts";

/** A page of what a job, or a Periodic one, brought about. */
export interface ExecutionPage {
  items: JobStats[];
  /** At most `limits.jobserviceRanked` are counted. */
  total: number;
}

const unfinished = jobStates.filter((state) => !isFinal(state));

/** Newest first. Throws ERR_ERGATE_JOB_NOT_FOUND. */
export async function executionsOf(
  client: Client,
  id: string,
  {
    page_number: number = 1,
    page_size: take = limits.jobservicePageRows,
    ...query
  }: ExecutionsQuery,
): Promise<ExecutionPage> {
  const nonDead = /^(true|t|1)$/i.test(query.non_dead_only ?? "");
  const place = { skip: (number - 1) * take, take };
  if ((await client.jobs.get(id)) !== undefined) return childPage(client, id, nonDead, place);
  const schedule = await client.schedules.get(id);
  if (schedule === undefined) throw notFound(id);
  return runPage(client, id, nonDead, place);
}

interface Place {
  skip: number;
  take: number;
}

async function childPage(
  client: Client,
  parent: string,
  nonDead: boolean,
  place: Place,
): Promise<ExecutionPage> {
  const filter = { parent, ...(nonDead ? { state: unfinished } : {}) };
  const counted = client.jobs.count(filter);
  const read = (page: object) => client.jobs.list({ ...filter, ...page });
  const [jobs, total] = await Promise.all([pageAt(read, () => true, place, place), counted]);
  const items = await Promise.all(jobs.items.map((job) => statsOfJob(client, job)));
  return { items, total };
}

async function runPage(
  client: Client,
  name: string,
  nonDead: boolean,
  place: Place,
): Promise<ExecutionPage> {
  const isShown = ({ jobId, outcome }: Run) =>
    jobId !== undefined && (nonDead ? outcome === undefined : outcome !== "deleted");
  const read = (page: object) => client.schedules.runs(name, page);
  const runs = await pageAt(read, isShown, place, { skip: 0, take: limits.jobserviceRanked });
  const ids = runs.items.flatMap(({ jobId }) => jobId ?? []);
  const { items: jobs } = await client.jobs.list({ ids, limit: limits.jobservicePageRowsMax });
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const items = await Promise.all(
    runs.items.map((run) => {
      const job = byId.get(run.jobId ?? "");
      return job === undefined ? statsOfRun(run) : statsOfJob(client, job);
    }),
  );
  return { items, total: runs.seen };
}

async function statsOfJob(client: Client, job: Job): Promise<JobStats> {
  return statsOf(factsOf(job), await childrenOf(client, job.id));
}

/** Of a job that is gone: what is on record of its run. */
function statsOfRun({ jobId = "", schedule = "", job, outcome, ...run }: Run): JobStats {
  const { scheduleAt, planAt, endAt } = run;
  return statsOf({
    ...{ id: jobId, name: job, state: outcome as JobState },
    meta: { [statsMeta.kind]: "Scheduled", [statsMeta.upstream]: schedule },
    ...{ createdAt: scheduleAt, runAt: planAt, finishedAt: endAt, changedAt: endAt ?? scheduleAt },
    ...{ checkIn: undefined, checkInAt: undefined, parent: undefined },
  });
}

type Read<T> = (page: { cursor?: string; limit: number }) => Promise<Page<T>>;

/** The rows of a numbered page; `until`: how far it reads on to count them. */
async function pageAt<T>(
  read: Read<T>,
  isShown: (row: T) => boolean,
  { skip, take }: Place,
  until: Place,
): Promise<{ items: T[]; seen: number }> {
  const items: T[] = [];
  let seen = 0;
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? {} : { cursor };
    const page = await read({ limit: limits.pageRowsDefault, ...from });
    for (const row of page.items) {
      if (!isShown(row)) continue;
      if (seen >= skip && items.length < take) items.push(row);
      seen++;
    }
    cursor = page.next;
  } while (
    cursor !== undefined &&
    seen < Math.min(until.skip + until.take, limits.jobserviceRanked)
  );
  return { items, seen: Math.min(seen, limits.jobserviceRanked) };
}
