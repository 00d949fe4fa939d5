import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { Client } from "../../client/client.ts";
import { hasEnded } from "../../client/stored-schedule.ts";
import { type JobStats, statsOf, statusOf } from "../../hook/job-stats.ts";
import type { Page } from "../../job/job.ts";
import { type JobState, jobStates } from "../../job/state.ts";
import type { ListQuery } from "./shapes.ts";
import { childrenOf, factsOf, periodicStats, runsOf } from "./stats.ts";

/** A page of jobs, newest first, and behind them of Periodic ones, by their ids. */
export interface JobPage extends Page<JobStats> {
  /** Undefined where it would have to be counted one by one. */
  total: number | undefined;
}

/** Throws ERR_ERGATE_CURSOR, ERR_ERGATE_OPTION for a numbered page that is too far behind. */
export async function listJobs(client: Client, query: ListQuery, now: number): Promise<JobPage> {
  const usual = waits(query) ? limits.jobserviceScheduledRows : limits.jobservicePageRows;
  const { page_number: number = 1, page_size: size = usual } = query;
  const skip = query.cursor === undefined ? (number - 1) * size : 0;
  if (skip > limits.jobserviceRanked) {
    const message = `page_number: a page behind ${limits.jobserviceRanked} jobs goes by its cursor`;
    throw new ErgateError("ERR_ERGATE_OPTION", message, { path: "page_number" });
  }
  const walk: Walk = { client, query, now };
  const { rows, next } = await rowsFrom(walk, placeOf(query.cursor), skip + size);
  const items = await Promise.all(rows.slice(skip).map((row) => whole(client, row)));
  return { items, next, total: await totalOf(client, query) };
}

/** Jobs of this kind are, as in v2.15.2, those that wait for their time. */
function waits({ kind, status }: ListQuery): boolean {
  return kind === "Scheduled" && status === undefined;
}

async function totalOf({ jobs }: Client, query: ListQuery): Promise<number | undefined> {
  return waits(query) ? jobs.count({ state: "scheduled", ...named(query) }) : undefined;
}

interface Walk {
  client: Client;
  query: ListQuery;
  now: number;
}

const sources = { jobs: jobPage, periodic: periodicPage } as const;
type SourceName = keyof typeof sources;

interface Place {
  source: SourceName;
  cursor: string | undefined;
}

/** "0" is where v2.15.2 begins. */
function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined || cursor === "" || cursor === "0") {
    return { source: "jobs", cursor: undefined };
  }
  const [, source, inner] = /^(jobs|periodic):(.*)$/.exec(cursor) ?? [];
  if (source === undefined) {
    throw new ErgateError("ERR_ERGATE_CURSOR", "cursor is none of this list", { path: "cursor" });
  }
  return { source: source as SourceName, cursor: inner || undefined };
}

async function rowsFrom(walk: Walk, from: Place, size: number) {
  const rows: JobStats[] = [];
  let place: Place | undefined = from;
  const most = limits.jobserviceReads + Math.ceil(size / limits.pageRowsDefault);
  for (let reads = 0; place !== undefined && rows.length < size && reads < most; reads++) {
    const { source, cursor }: Place = place;
    const limit = Math.min(size - rows.length, limits.pageRowsDefault);
    const page: Page<JobStats> = await sources[source](walk, {
      ...{ limit, ...(cursor === undefined ? {} : { cursor }) },
    });
    rows.push(...page.items);
    if (page.next !== undefined) place = { source, cursor: page.next };
    else place = source === "jobs" ? { source: "periodic", cursor: undefined } : undefined;
  }
  const next = place && `${place.source}:${place.cursor ?? ""}`;
  return { rows, next };
}

interface PageAsked {
  cursor?: string;
  limit: number;
}

const nothing: Page<JobStats> = { items: [], next: undefined };

async function jobPage({ client, query }: Walk, page: PageAsked): Promise<Page<JobStats>> {
  const { kind } = query;
  const state = statesOf(query);
  if (kind === "Periodic" || state?.length === 0) return nothing;
  const filter = { ...named(query), ...(state === undefined ? {} : { state }) };
  const { items, next } = await client.jobs.list({ ...filter, ...page });
  const isShown = (stats: JobStats) => kind === undefined || stats.kind === kind;
  const all = items.map((job) => statsOf(factsOf(job)));
  return { items: waits(query) ? all : all.filter(isShown), next };
}

function statesOf(query: ListQuery): JobState[] | undefined {
  const { status } = query;
  if (waits(query)) return ["scheduled"];
  return status && jobStates.filter((state) => statusOf(state) === status);
}

async function periodicPage(
  { client, query, now }: Walk,
  page: PageAsked,
): Promise<Page<JobStats>> {
  const { kind = "Periodic", status, name } = query;
  const isTheirs = status === undefined || status === "Scheduled" || status === "Stopped";
  if (kind !== "Periodic" || !isTheirs) return nothing;
  const { items, next } = await client.schedules.list(page);
  const shown = items.filter((schedule) => {
    const own = hasEnded(schedule, now) ? "Stopped" : "Scheduled";
    return (name === undefined || schedule.job === name) && (status ?? own) === own;
  });
  return { items: shown.map((schedule) => periodicStats(schedule, [], now)), next };
}

function named({ name }: ListQuery): { name?: string } {
  return name === undefined ? {} : { name };
}

/** With the ids of its executions, which are looked up for what is shown alone. */
async function whole(client: Client, stats: JobStats): Promise<JobStats> {
  const { id, kind } = stats;
  const executions = await (kind === "Periodic" ? runsOf(client, id) : childrenOf(client, id));
  if (executions.length === 0) return stats;
  return { ...stats, executions, multiple_executions: true };
}
