import type { JobMeta } from "../job/job.ts";

/** Of a request that a trace goes through: https://www.w3.org/TR/trace-context. */
export const traceHeaders = {
  traceparent: "The trace that the job goes on; it is kept in the job's meta.",
  tracestate: "What goes with it.",
} as const;

const sound = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;
/** As much as the standard wants to be carried. */
const stateChars = 512;

/** A request's trace context as a job's meta carries it, where the meta given names none. */
export function tracedMeta(
  header: (name: string) => string | undefined,
  given: JobMeta | undefined,
): { meta?: JobMeta } {
  const traceparent = header("traceparent");
  const isTraced = traceparent !== undefined && sound.test(traceparent);
  if (!isTraced || given?.traceparent !== undefined)
    return given === undefined ? {} : { meta: given };
  const tracestate = header("tracestate");
  const state = tracestate === undefined || tracestate.length > stateChars ? {} : { tracestate };
  return { meta: { traceparent, ...state, ...given } };
}
