import { limits } from "../../base/limits.ts";
import type { Worker } from "../../client/workers.ts";
import type { Job } from "../../job/job.ts";
import type { QueueRow } from "../../protocol/query.ts";

/** gocraft/work's JSON. All its times are whole seconds since the epoch. */

export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}

/** It has one queue a job's name, so the name of ours stands there. */
export function queueShape({ name, counts, waitingSince }: QueueRow, now: number) {
  const latency = waitingSince === undefined ? 0 : Math.max(0, secondsOf(now - waitingSince));
  return { job_name: name, count: counts.available, latency };
}

/** Its page counts workers by their ids, one for each run that goes on at once. */
export function poolShape(worker: Worker) {
  const { id, startedAt, heartbeatAt, jobs, concurrency, threads, host, pid } = worker;
  const slots = concurrency + threads;
  return {
    worker_pool_id: id,
    started_at: secondsOf(startedAt),
    heartbeat_at: secondsOf(heartbeatAt),
    job_names: jobs,
    concurrency: slots,
    ...{ host, pid },
    worker_ids: Array.from({ length: Math.min(slots, limits.gocraftWorkerIds) }, (_, at) =>
      workerId(id, at),
    ),
  };
}

/** `null` where none is busy, as Go writes a slice that nothing was put into. */
export function busyWorkers(workers: readonly Worker[]): object[] | null {
  const busy = workers.flatMap(({ id, slots }) =>
    slots.map(({ jobId = "", name, startedAt = 0, args, checkIn = "" }, at) => ({
      worker_id: workerId(id, at),
      is_busy: true,
      job_name: name,
      job_id: jobId,
      started_at: secondsOf(startedAt),
      args_json: args === undefined ? "" : JSON.stringify(args),
      checkin: checkIn,
      // When it was is not kept.
      checkin_at: 0,
    })),
  );
  return busy.length === 0 ? null : busy;
}

/** What is empty of the last three is left out, as there. */
export function jobShape({ name, id, createdAt, args, errors }: Job) {
  const last = errors.at(-1);
  const failed = last && { fails: last.attempt, err: last.message, failed_at: secondsOf(last.at) };
  return { name, id, t: secondsOf(createdAt), args, ...failed };
}

function workerId(pool: string, slot: number): string {
  return `${pool}-${slot}`;
}
