import { type Duration, durationMs } from "../base/duration.ts";
import type { Directive } from "./outcome.ts";

/**
 * The mark that makes an object a directive. A registered symbol, so that two copies of this file
 * (a bundle's and a thread's) know each other's.
 */
const mark = Symbol.for("ergate.directive");

/** Ends the run as failed; it is tried again after `delay`, if attempts are left. */
export function retryAfter(delay: Duration): Directive {
  return marked({ type: "retryAfter", ms: durationMs(delay, "retryAfter") });
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

function marked(directive: Directive): Directive {
  return Object.freeze(Object.defineProperty({ ...directive }, mark, { value: true }));
}
