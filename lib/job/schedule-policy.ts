import { limits } from "../base/limits.ts";

/** What becomes of a firing while a run of the same schedule is not done yet. */
export type Overlap = "skip" | "queue-one" | "queue-all" | "cancel-running" | "allow";

export const overlaps: readonly Overlap[] = [
  ...(["skip", "queue-one", "queue-all", "cancel-running", "allow"] as const),
];

/** What becomes of due times that no process was there for. */
export type Missed =
  | { readonly type: "skip" }
  /** The newest runs. */
  | { readonly type: "once" }
  /** The newest `max` run, oldest first. */
  | { readonly type: "all"; readonly max: number };

export interface SchedulePolicy {
  readonly overlap: Overlap;
  readonly missed: Missed;
  /** Due times that were missed longer ago are skipped. */
  readonly windowMs: number;
  /** How late a run may start; undefined: at any time. */
  readonly deadlineMs: number | undefined;
}

/** Why a run that gives way is cancelled (`overlap: "cancel-running"`). */
export const supersededReason = "a newer run of its schedule takes its place";

export type OverlapPolicy = Pick<SchedulePolicy, "overlap" | "deadlineMs">;

export interface FiringFacts {
  /** The planned time, and the schedule's delay by jitter. */
  readonly dueAt: number;
  readonly now: number;
  /** Its runs that are running: also those claimed whose handler was not entered yet. */
  readonly running: number;
  /** Its runs that wait, for a slot or for the run before them. */
  readonly queued: number;
}

/** Why a due time had no run, as it is recorded. */
export type SkipReason =
  /** `overlap: "skip"`, and an earlier run is not done. */
  | "overlap"
  /** `overlap: "queue-one"`, and one waits already; or more wait than `queue-all` may. */
  | "queued"
  /** Later than `deadline`. */
  | "deadline"
  /** `missed: "skip"`. */
  | "missed"
  /** `missed: "once"`, and a newer one runs in its place. */
  | "coalesced"
  /** `missed: "all"`, and as many newer ones run as it allows. */
  | "max"
  /** Missed longer ago than `window`. */
  | "window"
  /** The schedule was paused. */
  | "paused"
  /** Another job holds the unique key of its job. */
  | "unique"
  /** As many jobs as may wait in its queue wait there. */
  | "full"
  /** Its job can't be enqueued: its name is unknown, or its arguments fail the schema. */
  | "refused";

export type Decision =
  /** Enqueue the run, to start as soon as there is a slot. */
  | { readonly type: "enqueue" }
  /** Enqueue it, to start when the runs before it are done. */
  | { readonly type: "queue" }
  /** Cancel what runs and waits, and enqueue it, to start when that is done. */
  | { readonly type: "cancel-and-enqueue" }
  | { readonly type: "skip"; readonly reason: SkipReason };

const enqueue: Decision = Object.freeze({ type: "enqueue" });
const queue: Decision = Object.freeze({ type: "queue" });
const cancelAndEnqueue: Decision = Object.freeze({ type: "cancel-and-enqueue" });

/** What to do at a firing. A run that waits counts as one that is not done. */
export function decide(policy: OverlapPolicy, facts: FiringFacts): Decision {
  if (isLate(policy, facts.dueAt, facts.now)) return skip("deadline");
  if (facts.running + facts.queued === 0) return enqueue;
  switch (policy.overlap) {
    case "allow":
      return enqueue;
    case "skip":
      return skip("overlap");
    case "queue-one":
      return facts.queued === 0 ? queue : skip("queued");
    case "queue-all":
      return facts.queued < limits.scheduleQueued ? queue : skip("queued");
    case "cancel-running":
      return cancelAndEnqueue;
    default:
      return policy.overlap satisfies never;
  }
}

/** Whether it is too late to start a run: asked at its firing, and again when it had to wait. */
export function isLate(
  { deadlineMs }: Pick<SchedulePolicy, "deadlineMs">,
  dueAt: number,
  now: number,
): boolean {
  return deadlineMs !== undefined && now - dueAt > deadlineMs;
}

function skip(reason: SkipReason): Decision {
  return { type: "skip", reason };
}
