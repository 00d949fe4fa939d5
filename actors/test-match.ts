import { AssertionError } from "node:assert";
import { inspect } from "node:util";
import { limits } from "../lib/base/limits.ts";
import type { Job } from "../lib/job/job.ts";

/** Some of a job's arguments, at any depth; an array is matched whole, element by element. */
export type Partly<T> = T extends readonly (infer Each)[]
  ? readonly Partly<Each>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partly<T[Key]> }
    : T;

/** Which jobs are meant: by some of their arguments, or by a test of the whole job. */
export type Match<Args = unknown> = Partly<Args> | ((job: Job) => boolean);

export function isMatch(job: Job, match: Match): boolean {
  return typeof match === "function"
    ? (match as (job: Job) => boolean)(job)
    : includes(job.args, match);
}

/** Arguments are compared as they are stored: as JSON. */
function includes(actual: unknown, wanted: unknown): boolean {
  if (wanted instanceof Date) return actual === wanted.toJSON();
  if (typeof wanted !== "object" || wanted === null) return Object.is(actual, wanted);
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(wanted)) {
    return Array.isArray(actual) && actual.length === wanted.length && includesEach(actual, wanted);
  }
  return !Array.isArray(actual) && includesEach(actual, wanted);
}

function includesEach(actual: object, wanted: object): boolean {
  return Object.entries(wanted).every(([key, value]) =>
    includes((actual as Record<string, unknown>)[key], value),
  );
}

/** What an assertion about jobs fails with: what was wanted, and what was enqueued instead. */
export function notAsWanted(
  wanted: "a" | "no",
  name: string,
  match: Match | undefined,
  enqueued: readonly Job[],
): AssertionError {
  const such = match === undefined ? "" : ` with ${shown(match)}`;
  const listed = enqueued.slice(-limits.testListed).map(line);
  const left = enqueued.length - listed.length;
  const list = [...(left > 0 ? [`… ${left} older`] : []), ...listed].map((each) => `\n  ${each}`);
  const found = enqueued.length === 0 ? "nothing was enqueued" : `enqueued were:${list.join("")}`;
  const message = `expected ${wanted} job "${name}"${such}; ${found}`;
  return new AssertionError({ message, operator: "enqueued", stackStartFn: notAsWanted });
}

function shown(match: Match): string {
  return typeof match === "function" ? "what the test takes" : inspect(match, { breakLength: 100 });
}

function line({ name, state, args }: Job): string {
  return `${name} (${state}) ${inspect(args, { breakLength: Number.POSITIVE_INFINITY })}`;
}
