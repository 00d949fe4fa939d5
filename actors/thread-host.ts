import { ErgateError, messageOf } from "../lib/base/error.ts";
import type { NewJob } from "../lib/job/job.ts";
import type { Follower, ThreadEnqueue } from "../lib/thread/thread.ts";
import type { WrappedThreads } from "../lib/thread/wrapped.ts";
import type { Enqueuer } from "./enqueuer.ts";
import type { Notes } from "./notes.ts";
import type { PoolParts } from "./pool.ts";

type Hosted = Pick<PoolParts, "threads" | "listen" | "prepare" | "enqueue" | "notes" | "beforeEnd">;

/** What a thread run's `ctx` reaches outside of its thread. */
export function threadHost(threads: WrappedThreads, enqueuer: Enqueuer, notes: Notes): Hosted {
  return {
    threads,
    listen: (events) => threads.listen(events),
    prepare: (follower) => prepared(enqueuer, follower),
    enqueue(calls) {
      for (const call of calls) void enqueue(enqueuer, call);
    },
    notes(some) {
      for (const { key, fence, progress, checkIn } of some) {
        notes.note(key, fence, progress, checkIn);
      }
    },
    beforeEnd: (seq) => notes.end(seq),
  };
}

async function enqueue(enqueuer: Enqueuer, call: ThreadEnqueue): Promise<void> {
  try {
    call.reply(await enqueuer.one(call.name, JSON.parse(call.args), call.options));
  } catch (error) {
    call.refuse(
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
function prepared(enqueuer: Enqueuer, { name, args, options }: Follower): NewJob {
  const made = enqueuer.prepare(name, JSON.parse(args), options);
  if (made instanceof Promise) {
    const message = `a job enqueued with the result must be registered here: ${name}`;
    throw new ErgateError("ERR_ERGATE_JOB_UNKNOWN", message, { path: "job" });
  }
  return made;
}
