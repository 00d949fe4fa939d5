import fc from "fast-check";
import type { QueueSettings } from "../../lib/job/queue.ts";
import type { Unique } from "../../lib/job/unique.ts";
import { outcomes } from "./kit.ts";

/**
 * One thing that a process may do, said without numbers that only an engine knows: runs are picked
 * from those that were handed out so far, old ones too.
 */
export type Step =
  | { type: "enqueue"; jobs: readonly StepJob[] }
  | { type: "claim"; names: readonly string[]; slots: number; ahead: number; suspect: boolean }
  | { type: "settle"; ends: readonly StepEnd[]; follower: StepFollower | undefined }
  | { type: "enter"; run: number }
  | { type: "note"; run: number; progress: number }
  | { type: "end"; move: "stop" | "cancel" | "discard"; ids: readonly string[] }
  | { type: "retry"; ids: readonly string[] }
  | { type: "delete"; ids: readonly string[] }
  | { type: "pause"; queue: string; forMs: number | undefined }
  | { type: "configure"; queue: string; settings: Partial<QueueSettings> }
  | { type: "cease"; run: number }
  | { type: "resume"; queue: string }
  | { type: "purge"; queue: string }
  | { type: "promote"; limit: number }
  | { type: "prune"; ageMs: number; count: number; bytes: number; limit: number }
  | { type: "acquire"; name: string; ttlMs: number; back: boolean }
  | { type: "renew"; lease: number }
  | { type: "release"; lease: number }
  | { type: "rescue" };

export interface StepJob {
  id: string;
  name: string;
  queue: string;
  priority: number;
  /** From now; undefined: at once. */
  inMs: number | undefined;
  unique: Unique | undefined;
  /** It goes with the job before it. */
  withPrevious: boolean;
}

export interface StepFollower {
  id: string;
  unique: Unique | undefined;
}

export interface StepEnd {
  run: number;
  outcome: keyof typeof outcomes;
  inMs: number;
  /** Settles with a fence that is not the run's. */
  forged: boolean;
  /** Keeps its place in the limits. */
  lingers: boolean;
}

/** A batch of one process, or the end of it: killed, or left in peace. A new one takes its place. */
export type Turn = { who: 0 | 1; waitMs: number } & (
  | { type: "batch"; steps: readonly Step[] }
  | { type: "kill" }
  | { type: "leave" }
);

const names = ["mail", "post", "free"] as const;
const hour = 3_600_000;
const ids = Array.from({ length: 10 }, (_, at) => `job-${at}`);
const infinity = Number.POSITIVE_INFINITY;

const id = fc.constantFrom(...ids);
const name = fc.constantFrom(...names);
const someIds = fc.uniqueArray(id, { minLength: 1, maxLength: 4 });
const run = fc.nat({ max: 30 });
const soonMs = fc.constantFrom(0, 1, 1_500, 4_000);
const limit = fc.integer({ min: 1, max: 5 });

const unique: fc.Arbitrary<Unique> = fc.record({
  key: fc.constantFrom("k1", "k2", "k3"),
  until: fc.constantFrom("done" as const, "done" as const, "started" as const, 1, 2_000),
  onConflict: fc.constantFrom("keep" as const, "replace" as const, "reject" as const),
  moveTime: fc.boolean(),
});

const stepJob: fc.Arbitrary<StepJob> = fc.record({
  ...{ id, name, queue: fc.constantFrom(...names, "shared") },
  priority: fc.integer({ min: -1, max: 1 }),
  inMs: fc.option(fc.constantFrom(-50, 0, 1, 1_500), { nil: undefined }),
  unique: fc.option(unique, { nil: undefined }),
  withPrevious: fc.constantFrom(false, false, false, true),
});

const stepEnd: fc.Arbitrary<StepEnd> = fc.record({
  run,
  outcome: fc.constantFrom(...(Object.keys(outcomes) as (keyof typeof outcomes)[])),
  inMs: soonMs,
  forged: fc.constantFrom(false, false, false, false, true),
  lingers: fc.constantFrom(false, false, true),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("enqueue" as const),
      jobs: fc.array(stepJob, { minLength: 1, maxLength: 20 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("claim" as const),
      names: fc.constantFrom<readonly string[]>(
        names,
        ["mail"],
        ["post", "free"],
        ["mail", "free"],
      ),
      slots: fc.integer({ min: 0, max: 5 }),
      ahead: fc.integer({ min: 0, max: 2 }),
      suspect: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("settle" as const),
      ends: fc.array(stepEnd, { minLength: 1, maxLength: 4 }),
      follower: fc.option(fc.record({ id, unique: fc.option(unique, { nil: undefined }) }), {
        nil: undefined,
      }),
    }),
  },
  fc.record({ type: fc.constant("enter" as const), run }),
  fc.record({ type: fc.constant("cease" as const), run }),
  fc.record({
    ...{ type: fc.constant("configure" as const), queue: fc.constantFrom(...names, "shared") },
    settings: fc.constantFrom<Partial<QueueSettings>>(
      { weight: 3 },
      { concurrency: 2 },
      { concurrency: undefined },
      { maxDepth: 3 },
      { maxDepth: undefined },
      { rate: { limit: 2, perMs: 1_000 } },
      { rate: undefined },
    ),
  }),
  fc.record({ type: fc.constant("note" as const), run, progress: fc.constantFrom(0, 0.5, 1) }),
  fc.record({
    type: fc.constant("end" as const),
    move: fc.constantFrom("stop" as const, "cancel" as const, "discard" as const),
    ids: someIds,
  }),
  fc.record({ type: fc.constant("retry" as const), ids: someIds }),
  fc.record({ type: fc.constant("delete" as const), ids: someIds }),
  fc.record({
    ...{ type: fc.constant("pause" as const), queue: name },
    forMs: fc.option(fc.constantFrom(1, 1_500), { nil: undefined }),
  }),
  fc.record({ type: fc.constant("resume" as const), queue: name }),
  fc.record({ type: fc.constant("purge" as const), queue: name }),
  { weight: 2, arbitrary: fc.record({ type: fc.constant("promote" as const), limit }) },
  fc.record({
    type: fc.constant("prune" as const),
    ageMs: fc.constantFrom(0, 2_000, infinity),
    count: fc.constantFrom(0, 1, infinity),
    bytes: fc.constantFrom(0, 40, infinity),
    limit,
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ type: fc.constant("acquire" as const), name: fc.constantFrom("l1", "l2") },
      ttlMs: fc.constantFrom(1, 2_000, hour),
      back: fc.constantFrom(false, false, true),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("renew" as const), lease: fc.nat({ max: 5 }) }),
  },
  fc.record({ type: fc.constant("release" as const), lease: fc.nat({ max: 5 }) }),
  fc.record({ type: fc.constant("rescue" as const) }),
);

const who = fc.constantFrom(0 as const, 1 as const);
const waitMs = fc.oneof({ weight: 9, arbitrary: soonMs }, fc.constant(80 * hour));

/** What two processes may do to one storage. */
export const turns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({
        ...{ type: fc.constant("batch" as const), who, waitMs },
        steps: fc.array(step, { minLength: 1, maxLength: 4 }),
      }),
    },
    fc.record({ type: fc.constant("kill" as const), who, waitMs }),
    { weight: 1, arbitrary: fc.record({ type: fc.constant("leave" as const), who, waitMs }) },
  ),
  { minLength: 1, maxLength: 30 },
);
