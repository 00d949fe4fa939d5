import { ErgateError } from "../base/error.ts";
import type { JobId } from "../job/job.ts";
import { isFinal } from "../job/state.ts";
import type { JobEvent } from "../protocol/event.ts";
import type { ResultOptions } from "./client.ts";
import { idGiven, waitGiven } from "./given.ts";
import { jobOf } from "./jobs.ts";
import type { LocalParts } from "./parts.ts";
import { waitUntil } from "./wait.ts";

/** A job's result, from its row: the wake-up only says when to look. */
export async function awaitResult(
  parts: LocalParts,
  id: JobId,
  options: ResultOptions,
): Promise<unknown> {
  idGiven(id);
  waitGiven(options);
  // Of a job with `skipDead` nothing but this is left.
  let death: JobEvent | undefined;
  const look = async () => {
    const row = await parts.read({ type: "job", id });
    if (row === undefined) throw death ? endedOtherwise(id, "dead", death.reason) : notFound(id);
    return isFinal(row.state) ? row : undefined;
  };
  const listen = (wake: () => void) =>
    parts.hub.onEnd(id, (end) => {
      if (end.type === "dead") death = end;
      wake();
    });
  const { state, result, reason } = jobOf(
    await waitUntil(parts, look, options, `the end of job ${id}`, listen),
  );
  if (state === "completed") return result;
  throw endedOtherwise(id, state as "stopped" | "cancelled" | "dead", reason);
}

function notFound(id: JobId): ErgateError {
  return new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", `no job has the id ${id}`, { path: "id" });
}

function endedOtherwise(
  id: JobId,
  state: "stopped" | "cancelled" | "dead",
  reason: string | undefined,
): ErgateError {
  const codes = {
    stopped: "ERR_ERGATE_RESULT_STOPPED",
    cancelled: "ERR_ERGATE_RESULT_CANCELLED",
    dead: "ERR_ERGATE_RESULT_DEAD",
  } as const;
  return new ErgateError(codes[state], `job ${id} is ${state}: ${reason ?? "no reason given"}`);
}
