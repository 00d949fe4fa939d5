import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { Client } from "../../client/client.ts";
import { hasEnded, type StoredSchedule } from "../../client/stored-schedule.ts";
import { type JobStats, type StatsFacts, statsMeta, statsOf } from "../../hook/job-stats.ts";
import type { Job, JobId } from "../../job/job.ts";

/** Jobs and schedules as the jobservice's stats. */

/** Of a job, or of a Periodic one, which is a schedule. Throws ERR_ERGATE_JOB_NOT_FOUND. */
export async function statsById(client: Client, id: string, now: number): Promise<JobStats> {
  const [job, children] = await Promise.all([client.jobs.get(id), childrenOf(client, id)]);
  if (job !== undefined) return statsOf(factsOf(job), children);
  const schedule = await client.schedules.get(id);
  if (schedule === undefined) throw notFound(id);
  return periodicStats(schedule, await runsOf(client, id), now);
}

export function notFound(id: string): ErgateError {
  return new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", `no job has the id ${id}`, { id });
}

/** Without its arguments: what a list holds of many jobs. */
export function factsOf(job: Job): StatsFacts {
  const { id, name, state, meta, createdAt, runAt, finishedAt, checkIn, checkInAt, parent } = job;
  const times = [createdAt, job.startedAt ?? 0, finishedAt ?? 0, job.errors.at(-1)?.at ?? 0];
  const changedAt = Math.max(...times);
  return {
    ...{ id, name, state, meta, createdAt, runAt, finishedAt, checkIn, checkInAt, parent },
    changedAt,
  };
}

/** Ids of the jobs that its handler made: the newest of them, oldest first. */
export async function childrenOf(client: Client, id: JobId): Promise<JobId[]> {
  const { items } = await client.jobs.list({ parent: id, limit: limits.jobserviceExecutionIds });
  return items.map((job) => job.id).reverse();
}

/** Ids of a schedule's newest jobs, oldest first; times that were skipped have none. */
export async function runsOf(client: Client, name: string): Promise<JobId[]> {
  const { items } = await client.schedules.runs(name, { limit: limits.jobserviceExecutionIds });
  return items.flatMap(({ jobId }) => jobId ?? []).reverse();
}

/** A schedule as the Periodic job that it is there. */
export function periodicStats(
  schedule: StoredSchedule,
  executions: readonly JobId[],
  now: number,
): JobStats {
  const { name, job, createdAt, nextAt, end, lastRun } = schedule;
  const ended = hasEnded(schedule, now);
  const changedAt = Math.max(createdAt, lastRun?.scheduleAt ?? 0, ended ? Number(end) : 0);
  const cron = cronOf(schedule);
  return {
    ...{ id: name, status: ended ? "Stopped" : "Scheduled", name: job, kind: "Periodic" },
    ...{ unique: false, ref_link: `/api/v1/jobs/${name}` },
    ...(cron !== undefined && { cron_spec: cron }),
    ...{ enqueue_time: seconds(createdAt), update_time: seconds(changedAt) },
    ...(nextAt !== undefined && { run_at: seconds(nextAt) }),
    ...(executions.length > 0 && { executions: [...executions] }),
    multiple_executions: executions.length > 0,
  };
}

/** As it was submitted; of other schedules in the jobservice's dialect, where it can say it. */
function cronOf({ meta, cron, every, dialect = "ergate" }: StoredSchedule): string | undefined {
  const submitted = meta?.[statsMeta.cron];
  if (submitted !== undefined) return submitted;
  if (cron === undefined)
    return every === undefined ? undefined : `@every ${Number(every) / 1_000}s`;
  const isMinuteFirst = dialect !== "robfig-v1" && cron.trim().split(/\s+/).length === 5;
  return isMinuteFirst ? `0 ${cron}` : cron;
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
