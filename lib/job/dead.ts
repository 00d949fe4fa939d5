import type { Json } from "../base/json.ts";
import type { ClaimedJob, JobId } from "./job.ts";

/** A job that died, as `onDead` gets it. */
export interface DeadJob {
  readonly id: JobId;
  readonly name: string;
  readonly queue: string;
  /** Null where they can't be read. */
  readonly args: Json;
  /** Attempts begun. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Why it died: the last error's message, or what `discard` said. */
  readonly reason: string;
}

/** `error`: what the last run threw, of a thread's run its copy; else an Error with the reason. */
export type OnDead = (job: DeadJob, error: unknown) => unknown;

export function deadJob(job: ClaimedJob, reason: string): DeadJob {
  const { id, name, queue, attempt, maxAttempts } = job;
  return { id, name, queue, args: readable(job.args), attempt, maxAttempts, reason };
}

function readable(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
