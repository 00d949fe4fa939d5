import { ErgateError } from "../../base/error.ts";
import type { Client } from "../../client/client.ts";
import { statusOf } from "../../hook/job-stats.ts";
import type { Job } from "../../job/job.ts";
import type { Action } from "./shapes.ts";
import { notFound } from "./stats.ts";

/**
 * Stops, cancels or retries a job. Resolves where that is done, where a running one was asked, and
 * where one to stop is final already. Throws ERR_ERGATE_JOB_STATE where its state has no such move,
 * ERR_ERGATE_JOB_NOT_FOUND, ERR_ERGATE_UNIQUE_TAKEN.
 */
export async function act(client: Client, id: string, action: Action): Promise<void> {
  const job = await client.jobs.get(id);
  if (job === undefined) return actOnPeriodic(client, id, action);
  switch (action) {
    case "stop":
      await client.jobs.stop(id);
      return;
    case "cancel":
      if (await client.jobs.cancel(id)) return;
      break;
    case "retry":
      if (hasFailed(job) && (await client.jobs.retry(id))) return;
      break;
    default:
      action satisfies never;
  }
  throw await refusal(client, id, action);
}

/** Also what failed and waits for its next attempt: that runs now. */
function hasFailed({ state }: Job): boolean {
  const status = statusOf(state);
  return status === "Error" || status === "Cancelled";
}

async function actOnPeriodic({ schedules }: Client, id: string, action: Action): Promise<void> {
  if ((await schedules.get(id)) === undefined) throw notFound(id);
  if (action === "stop") return void (await schedules.end(id, "stopped by hand"));
  const message = `job ${id} is Periodic: it can be stopped, and no more`;
  throw new ErgateError("ERR_ERGATE_JOB_STATE", message, { id });
}

async function refusal({ jobs }: Client, id: string, action: Action): Promise<ErgateError> {
  const job = await jobs.get(id);
  if (job === undefined) return notFound(id);
  const problem = action === "retry" ? "only what has failed can be retried" : "it is over";
  const message = `job ${id} is ${statusOf(job.state)}: ${problem}`;
  return new ErgateError("ERR_ERGATE_JOB_STATE", message, { id });
}
