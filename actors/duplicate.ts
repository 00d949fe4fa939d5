import { ErgateError } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import { optionError } from "../lib/job/fields.ts";
import type { Durability, JobId, NewJob, Receipt } from "../lib/job/job.ts";
import type { Duplicates } from "../lib/protocol/queue.ts";
import type { Duplicate } from "../lib/protocol/write.ts";

/** The run whose handler enqueues. */
export interface Parent {
  id: JobId;
  depth: number;
}

/**
 * Makes a job the child of the run that enqueues it. Throws ERR_ERGATE_JOB_DEPTH where that chain
 * is too long.
 */
export function childOf(parent: Parent | undefined, job: NewJob): NewJob {
  if (parent === undefined) return job;
  job.parent = parent.id;
  job.depth = parent.depth + 1;
  if (job.depth <= limits.jobDepth) return job;
  const message = `job ${parent.id} stands at the end of a chain of ${limits.jobDepth} jobs`;
  throw new ErgateError("ERR_ERGATE_JOB_DEPTH", `${message} that enqueued each other`, {
    path: "job",
    id: parent.id,
  });
}

/**
 * Refuses a job enqueued with a run's result that a conflict would reject: it commits with the
 * run's end, when nobody is left to hear of it. Throws ERR_ERGATE_OPTION.
 */
export function checkFollower(job: NewJob): NewJob {
  if (job.unique?.onConflict !== "reject") return job;
  throw optionError("options.with", 'excludes a unique job with onConflict: "reject"');
}

/**
 * The receipts of one call's jobs. Throws ERR_ERGATE_DUPLICATE, with the holder's id, where one was
 * rejected, and ERR_ERGATE_QUEUE_FULL where one found its queue full.
 */
export function receiptsOf(
  jobs: readonly NewJob[],
  duplicates: Duplicates,
  { now, durability }: { now: number; durability: Durability },
): Receipt[] {
  const byPlace = new Map(duplicates.map((duplicate) => [duplicate.at, duplicate]));
  for (const met of duplicates) {
    if (met.type === "rejected") throw rejection(jobs, met);
    if (met.type === "full") throw overflow(jobs, met);
  }
  return jobs.map((job, at) => {
    const met = byPlace.get(at);
    if (met?.type === "duplicate" || met?.type === "replaced") {
      return { id: met.id, disposition: met.type, state: met.state, durability };
    }
    const state = job.runAt !== undefined && job.runAt > now ? "scheduled" : "available";
    return { id: job.id, disposition: "created", state, durability };
  });
}

function overflow(
  jobs: readonly NewJob[],
  { at, queue, maxDepth }: Extract<Duplicate, { type: "full" }>,
): ErgateError {
  const where = jobs.length === 1 ? "" : `requests[${at}]: `;
  const message = `${where}queue ${queue} is full: ${maxDepth} jobs may wait in it`;
  const path = jobs.length === 1 ? "queue" : `requests[${at}].queue`;
  return new ErgateError("ERR_ERGATE_QUEUE_FULL", message, { path });
}

function rejection(
  jobs: readonly NewJob[],
  { at, id }: Extract<Duplicate, { type: "rejected" }>,
): ErgateError {
  const name = jobs[at]?.name ?? "";
  const holder = id === undefined ? "another job of this call" : `job ${id}`;
  const where = jobs.length === 1 ? "" : `requests[${at}]: `;
  const message = `${where}a job "${name}" with that unique key is there already: ${holder}`;
  const path = jobs.length === 1 ? "unique" : `requests[${at}].unique`;
  return new ErgateError("ERR_ERGATE_DUPLICATE", message, {
    path,
    ...(id !== undefined && { id }),
  });
}
