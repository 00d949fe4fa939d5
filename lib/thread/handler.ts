import type { JobContext } from "../job/context.ts";

/** What a thread's module imports as `ergate/handler`. */

export type { Duration } from "../base/duration.ts";
export type { HandlerEnqueueOptions, JobContext, JobLog, LogLevel } from "../job/context.ts";
export { cancelJob, discard, retryAfter, snooze } from "../job/directive.ts";
export type { Lease, LockOptions } from "../job/lock.ts";
export type { Directive } from "../job/outcome.ts";

export type Handler<Args = unknown, Result = unknown> = (args: Args, ctx: JobContext) => Result;

/** Types a module's default export; does nothing else. */
export function defineHandler<Args = unknown, Result = unknown>(
  handler: Handler<Args, Result>,
): Handler<Args, Result> {
  return handler;
}
