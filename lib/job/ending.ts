import { backoffMsMax, defaultBackoffMs } from "../base/backoff.ts";
import { durationMs } from "../base/duration.ts";
import { messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { BackoffRule } from "./backoff-policy.ts";
import type { Directive, Outcome, RunError } from "./outcome.ts";
import { retryAfterMs } from "./retry-after.ts";

/** How a handler's call ended, before anything is decided about it. */
export type Ending =
  | { type: "returned"; result: string | undefined }
  | { type: "threw"; error: RunError; thrown: unknown }
  | { type: "directed"; directive: Directive };

/** Why the run was asked to end, if it was. */
export type Asked = "stop" | "cancel" | "shutdown" | "timeout" | undefined;

export interface RunFacts {
  attempt: number;
  maxAttempts: number;
  asked: Asked;
  reason: string;
  now: number;
  backoff: BackoffRule | undefined;
}

/**
 * Decides what an ended run does to its job, in pure steps: a plain return completes, whatever was
 * asked; after an ask any throw is that ask's outcome; a directive does what it says; an error
 * retries while attempts are left.
 */
export function outcomeOf(ending: Ending, facts: RunFacts, random: Random): Outcome {
  switch (ending.type) {
    case "returned":
      return { type: "completed", result: ending.result };
    case "directed":
      return directed(ending.directive, facts);
    case "threw":
      return askedOutcome(ending, facts) ?? failedOutcome(ending, facts, random);
    default:
      return ending satisfies never;
  }
}

function directed(directive: Directive, facts: RunFacts): Outcome {
  switch (directive.type) {
    case "snooze":
      return { type: "snoozed", runAt: facts.now + directive.ms };
    case "discard":
      return { type: "discarded", reason: directive.reason, error: undefined };
    case "cancelJob":
      return { type: "cancelled", reason: directive.reason, error: undefined };
    case "retryAfter": {
      const error = { message: `retry after ${directive.ms} ms`, stack: undefined };
      return retryOrDie(directive.error ?? error, facts, () => directive.ms);
    }
    case "retryAt": {
      const { at } = directive;
      const error = { message: `retry at ${new Date(at).toISOString()}`, stack: undefined };
      return retryOrDie(directive.error ?? error, facts, () => Math.max(0, at - facts.now));
    }
    default:
      return directive satisfies never;
  }
}

function askedOutcome(ending: { error: RunError }, facts: RunFacts): Outcome | undefined {
  switch (facts.asked) {
    case "stop":
      return { type: "stopped", reason: facts.reason, error: ending.error };
    case "cancel":
      return { type: "cancelled", reason: facts.reason, error: ending.error };
    case "shutdown":
      return { type: "released", entered: true };
    case "timeout":
    case undefined:
      return undefined;
    default:
      return facts.asked satisfies never;
  }
}

function failedOutcome(
  ending: { error: RunError; thrown: unknown },
  facts: RunFacts,
  random: Random,
): Outcome {
  const timedOut = facts.asked === "timeout";
  const error = timedOut ? { message: facts.reason, stack: undefined } : ending.error;
  return retryOrDie(error, facts, () => {
    const waitMs = backoffMs(facts, ending.thrown, random);
    // A server that says when to come back is not asked sooner.
    const leastMs = retryAfterMs(ending.thrown, facts.now) ?? 0;
    return Math.min(Math.max(waitMs, leastMs), backoffMsMax);
  });
}

function retryOrDie(error: RunError, facts: RunFacts, delayMs: () => number): Outcome {
  if (facts.attempt >= facts.maxAttempts) {
    return { type: "discarded", reason: error.message, error };
  }
  return { type: "failed", error, runAt: facts.now + delayMs() };
}

/**
 * A user's backoff that throws or answers nonsense must not lose the retry: the default stands in.
 */
function backoffMs(facts: RunFacts, thrown: unknown, random: Random): number {
  if (facts.backoff === undefined) return defaultBackoffMs(facts.attempt, random);
  try {
    const wait = facts.backoff(facts.attempt, thrown, random);
    return Math.min(durationMs(wait, "backoff"), backoffMsMax);
  } catch {
    return defaultBackoffMs(facts.attempt, random);
  }
}

/** The stored form of anything thrown: cut to its limits, causes and inner errors in the stack. */
export function runError(thrown: unknown): RunError {
  const message = messageOf(thrown).slice(0, limits.errorMessageChars);
  return { message, stack: stackOf(thrown)?.slice(0, limits.errorStackChars) };
}

function stackOf(thrown: unknown, depth = 0): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  let text = messageOf(thrown.stack ?? thrown);
  if (depth === 3) return text;
  const say = (word: string, inner: unknown) => {
    text += `\n${word}: ${stackOf(inner, depth + 1) ?? messageOf(inner)}`;
  };
  for (const inner of thrown instanceof AggregateError ? thrown.errors : []) {
    if (text.length < limits.errorStackChars) say("one of its errors", inner);
  }
  if (thrown.cause !== undefined) say("caused by", thrown.cause);
  return text;
}
