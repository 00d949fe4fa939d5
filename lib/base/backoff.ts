import type { Random } from "./random.ts";

const dayMs = 86_400_000;
/** Past a week a wait is no longer a retry: a person should look first. */
export const backoffMsMax = 7 * dayMs;
/** The wait of a policy that names none: what the formula below has as its constant part. */
export const backoffDelayMs = 15_000;

/**
 * Milliseconds to wait after attempt `attempt` (1 = the first) failed:
 * `attempt⁴ + 15 + random · 30 · (attempt + 1)` seconds, the formula of Sidekiq and gocraft/work,
 * clamped to a week.
 */
export function defaultBackoffMs(attempt: number, random: Random): number {
  const seconds = attempt ** 4 + 15 + random.next() * 30 * (attempt + 1);
  return Math.min(Math.round(seconds * 1000), backoffMsMax);
}
