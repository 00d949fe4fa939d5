import { ErgateError, messageOf } from "../lib/base/error.ts";
import type { NewJob } from "../lib/job/job.ts";
import type { Follower, ThreadEnqueue } from "../lib/thread/thread.ts";
import type { WrappedThreads } from "../lib/thread/wrapped.ts";
import { checkFollower, type Parent } from "./duplicate.ts";
import type { Enqueuer } from "./enqueuer.ts";
import type { Notes } from "./notes.ts";
import type { PoolParts } from "./pool.ts";

type Hosted = Pick<PoolParts, "threads" | "listen" | "prepare" | "enqueue" | "notes" | "beforeEnd">;

/** What a thread run's `ctx` reaches outside of its thread. */
export function threadHost(threads: WrappedThreads, enqueuer: Enqueuer, notes: Notes): Hosted {
  return {
    threads,
    listen: (events) => threads.listen(events),
    prepare: (follower, parent) => prepared(enqueuer, follower, parent),
    enqueue: (call, parent) => void enqueue(enqueuer, call, parent),
    notes(some) {
      for (const { key, fence, progress, checkIn } of some) {
        notes.note(key, fence, progress, checkIn);
      }
    },
    beforeEnd: (seq) => notes.end(seq),
  };
}

async function enqueue(
  enqueuer: Enqueuer,
  { name, args, options, reply, refuse }: ThreadEnqueue,
  parent: Parent | undefined,
): Promise<void> {
  try {
    reply(await enqueuer.one(name, JSON.parse(args), options, parent));
  } catch (error) {
    refuse(
      error instanceof ErgateError
        ? error
        : new ErgateError("ERR_ERGATE_STORE_FAILED", messageOf(error)),
    );
  }
}

/**
 * With the run's end only a job that is registered here can be enqueued: there is no time to look
 * it up.
 */
function prepared(
  enqueuer: Enqueuer,
  { name, args, options }: Follower,
  parent: Parent | undefined,
): NewJob {
  const made = enqueuer.prepare(name, JSON.parse(args), options, parent);
  if (made instanceof Promise) {
    const message = `a job enqueued with the result must be registered here: ${name}`;
    throw new ErgateError("ERR_ERGATE_JOB_UNKNOWN", message, { path: "job" });
  }
  return checkFollower(made);
}
