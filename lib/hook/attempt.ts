import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { version } from "../base/version.ts";
import { storedHook } from "../job/hook.ts";
import type { HookClaim, HookOutcome } from "../protocol/hook.ts";
import { factsOf, hookBody } from "./body.ts";
import type { Posted, Poster } from "./post.ts";
import { nextTryAt } from "./retry.ts";
import { hookId, webhookHeaders } from "./sign.ts";

export interface AttemptParts {
  clock: Clock;
  random: Random;
  poster: Poster;
  /** Sign what has no keys of its own. */
  secrets: readonly string[];
  maxAgeMs: number;
}

/**
 * One attempt to tell of one event, and what it comes to: any 2xx is taken for delivered, 410 for a
 * receiver that is gone, all else for a reason to try again. Never rejects.
 */
export async function attemptHook(
  parts: AttemptParts,
  claim: HookClaim,
  signal: AbortSignal,
): Promise<HookOutcome> {
  const { clock, poster } = parts;
  const request = requestOf(parts, claim);
  if (request === undefined) return { type: "dead", error: "what is stored of it can't be read" };
  const posted = await poster.post(claim.url, request.headers, request.body, signal);
  if (signal.aborted && posted.type === "failed") return { type: "released" };
  return outcomeOf(parts, claim, posted, clock.now());
}

function requestOf({ clock, secrets }: AttemptParts, claim: HookClaim) {
  try {
    const body = JSON.stringify(hookBody(claim.event, factsOf(claim.facts)));
    const keys = storedHook(claim.hook).secret ?? secrets;
    const headers = {
      "content-type": "application/json",
      "user-agent": `ergate/${version}`,
      ...webhookHeaders(hookId(claim), body, keys, clock.now()),
    };
    return { body, headers };
  } catch {
    return undefined;
  }
}

function outcomeOf(
  parts: AttemptParts,
  claim: HookClaim,
  posted: Posted,
  now: number,
): HookOutcome {
  const status = posted.type === "answered" ? posted.status : undefined;
  if (status !== undefined && status >= 200 && status < 300) return { type: "delivered" };
  const said = posted.type === "answered" ? `HTTP ${posted.status}` : posted.reason;
  const error = said.slice(0, limits.hookErrorChars);
  if (status === 410) return { type: "gone", error };
  const retryAfter = posted.type === "answered" ? posted.retryAfter : undefined;
  const { attempt, firstAt } = claim;
  const failure = { attempt, firstAt, now, maxAgeMs: parts.maxAgeMs, retryAfter };
  const nextAt = nextTryAt(failure, parts.random);
  return nextAt === undefined ? { type: "dead", error } : { type: "failed", error, nextAt };
}
