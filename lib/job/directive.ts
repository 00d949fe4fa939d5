import { type Duration, durationMs } from "../base/duration.ts";
import { runError } from "./ending.ts";
import type { Directive } from "./outcome.ts";

/**
 * The mark that makes an object a directive. A registered symbol, so that two copies of this file
 * (a bundle's and a thread's) know each other's.
 */
const mark = Symbol.for("ergate.directive");

/**
 * Ends the run as failed; it is tried again after a wait or at a time, if attempts are left. This
 * stands in the place of the job's `backoff`, and may be longer than 7 days. `cause`: what went
 * wrong, for the job's errors.
 */
export function retryAfter(when: Duration | Date, cause?: unknown): Directive {
  const error = cause === undefined ? {} : { error: runError(cause) };
  const at = when instanceof Date ? when.getTime() : Number.NaN;
  if (!Number.isNaN(at)) return marked({ type: "retryAt", at, ...error });
  return marked({ type: "retryAfter", ms: durationMs(when, "retryAfter"), ...error });
}

/** Puts the job off by `delay`; the attempt is given back. */
export function snooze(delay: Duration): Directive {
  return marked({ type: "snooze", ms: durationMs(delay, "snooze") });
}

/** Ends the job as dead, without a retry. */
export function discard(reason: string): Directive {
  return marked({ type: "discard", reason: String(reason) });
}

/** Ends the job as cancelled, to be retried by hand. */
export function cancelJob(reason: string): Directive {
  return marked({ type: "cancelJob", reason: String(reason) });
}

export function isDirective(value: unknown): value is Directive {
  return typeof value === "object" && value !== null && mark in value;
}

/** A directive that came from a thread as plain data, with its mark again. */
export function directiveOf(plain: Directive): Directive {
  return marked(plain);
}

function marked(directive: Directive): Directive {
  return Object.freeze(Object.defineProperty({ ...directive }, mark, { value: true }));
}
