import { backoffDelayMs, backoffMsMax, defaultBackoffMs } from "../base/backoff.ts";
import type { Duration } from "../base/duration.ts";
import type { Random } from "../base/random.ts";
import { Fields, optionError } from "./fields.ts";

/** The wait until the next attempt, from the attempt that failed (1 = the first) and its error. */
export type Backoff = (attempt: number, error: unknown) => Duration;

/**
 * A named rule for the waits. With n the attempt that failed: `fixed` waits `delay`, `linear`
 * `delay · n`, `exponential` `delay · factorⁿ⁻¹`, `default` as if no rule were given.
 */
export interface BackoffPolicy {
  type: "fixed" | "linear" | "exponential" | "default";
  /** Default 15 s. Not with `default`. */
  delay?: Duration;
  /** 1 to 100, default 2. With `exponential` only. */
  factor?: number;
  /** The longest wait. Default, and at most: 7 days. */
  max?: Duration;
  /**
   * The share of a wait that chance may take off, so that jobs which failed together don't come
   * back together: 0.2 waits 80 to 100 %, "full" (the same as 1) 0 to 100 %. Default 0.
   */
  jitter?: number | "full";
}

/** Any rule as it is called at a failure. */
export type BackoffRule = (attempt: number, error: unknown, random: Random) => Duration;

/** Reads a job's `backoff`: a function, a duration (the same wait each time), or a policy. */
export function backoffOf(fields: Fields): BackoffRule | undefined {
  const value = fields.raw("backoff");
  if (typeof value === "function") {
    return fields.function<Backoff>("backoff", "(attempt, error) => duration");
  }
  if (typeof value === "object" && value !== null) return policyOf(value, fields.at("backoff"));
  const fixedMs = fields.durationMs("backoff");
  return fixedMs === undefined ? undefined : () => fixedMs;
}

const types = ["fixed", "linear", "exponential", "default"] as const;

function policyOf(value: object, path: string): BackoffRule {
  const fields = new Fields(value, path, ["type", "delay", "factor", "max", "jitter"]);
  const type = fields.oneOf("type", types);
  if (type === undefined)
    throw optionError(fields.at("type"), `must be one of ${types.join(", ")}`);
  const maxMs = fields.durationMs("max") ?? backoffMsMax;
  if (maxMs > backoffMsMax) throw optionError(fields.at("max"), "must be at most 7 days");
  const jitter = jitterOf(fields);
  const waitMs = waitOf(type, fields);
  // Cut first: where many waits have reached the longest one, jitter still spreads them.
  return (attempt, _error, random) =>
    Math.min(waitMs(attempt, random), maxMs) * (jitter === 0 ? 1 : 1 - jitter * random.next());
}

function waitOf(
  type: BackoffPolicy["type"],
  fields: Fields,
): (attempt: number, random: Random) => number {
  const delayMs = fields.durationMs("delay") ?? backoffDelayMs;
  const factor = fields.number("factor", 1, 100) ?? 2;
  if (type !== "exponential") refuse(fields, "factor", type);
  switch (type) {
    case "fixed":
      return () => delayMs;
    case "linear":
      return (attempt) => delayMs * attempt;
    case "exponential":
      // Not Infinity: no delay at all, however often doubled, stays none.
      return (attempt) => delayMs * Math.min(factor ** (attempt - 1), Number.MAX_VALUE);
    case "default":
      refuse(fields, "delay", type);
      return defaultBackoffMs;
    default:
      return type satisfies never;
  }
}

function refuse(fields: Fields, key: string, type: string): void {
  if (fields.raw(key) !== undefined) {
    throw optionError(fields.at(key), `has no meaning with type ${type}`);
  }
}

function jitterOf(fields: Fields): number {
  return fields.raw("jitter") === "full" ? 1 : (fields.number("jitter", 0, 1) ?? 0);
}
