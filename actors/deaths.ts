import { messageOf } from "../lib/base/error.ts";
import { deadJob } from "../lib/job/dead.ts";
import { askedError } from "../lib/job/run-context.ts";
import type { EndedRun } from "../lib/protocol/queue.ts";
import type { WriteAnswers } from "../lib/protocol/write.ts";
import type { QueueParts } from "./queue.ts";
import type { RunEnd } from "./settler.ts";
import { wording } from "./wording.ts";

/** The call of a job's `onDead`, to be made once its death is on disk. */
export function deathOf(end: RunEnd, reason: string): EndedRun["died"] {
  const { onDead } = end.definition ?? {};
  if (onDead === undefined) return undefined;
  return () => onDead(deadJob(end.job, reason), errorOf(end, reason));
}

/** Ends of runs are on disk: tells owners of deaths, and lets go the logs of jobs not kept. */
export function mourn(
  { forget, logger }: Pick<QueueParts, "forget" | "logger">,
  ended: readonly EndedRun[],
  { late, skipped }: WriteAnswers["settle"],
): void {
  ended.forEach(({ job, died }, at) => {
    if (died === undefined || late.includes(at)) return;
    // In a turn of its own: a user's code must not stand in an actor's stack.
    Promise.resolve()
      .then(died)
      .catch((error: unknown) => {
        logger.error({ err: error, id: job.id }, wording.onDead(job.name, messageOf(error)));
      });
  });
  if (skipped.length === 0) return;
  const ids = skipped.map((at) => (ended[at] as EndedRun).job.id);
  forget(ids);
}

function errorOf({ ending, asked, reason: why }: RunEnd, reason: string): unknown {
  if (asked === "timeout") return askedError(asked, why);
  return ending.type === "threw" ? ending.thrown : new Error(reason);
}
