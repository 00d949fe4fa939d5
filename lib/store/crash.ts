import { limits } from "../base/limits.ts";
import type { RunError } from "../job/outcome.ts";

/** What rescue knows of one run whose process died. */
export interface InterruptedRun {
  /** What the run was asked meanwhile, by whatever process. */
  ask: "stop" | "cancel" | undefined;
  /** Its handler had begun: only such a run can have killed its process. */
  entered: boolean;
  /** It had been running in an earlier crash. */
  suspect: boolean;
  /** Crashes counted so far, the last of them at `crashedAt`. */
  crashes: number;
  crashedAt: number | undefined;
  /** Of the job's stored definition, else the default; Infinity: never counted, never alone. */
  crashLimit: number;
}

/** What becomes of its job: `available` with its attempt back, unless `ended` or `poisoned`. */
export type CrashVerdict =
  /** Final, with the ask's reason. */
  | { type: "ended"; state: "stopped" | "cancelled" }
  /** Never begun: unmarked, no attempt kept, the suspect flag and the count as they were. */
  | { type: "released" }
  /** Begun, but crashes of it don't count: an attempt "crashed" is kept, no suspect. */
  | { type: "interrupted" }
  /** An attempt "crashed" is kept; it runs alone next time. */
  | { type: "suspected"; crashes: number; crashedAt: number | undefined }
  /** Dead, reason "poison"; an attempt "crashed" is kept. */
  | { type: "poisoned"; crashes: number; crashedAt: number };

/** The reason of a job that died of its crashes. */
export const poisonReason = "poison";

/** The error of every attempt that ended with its process, whatever became of the job. */
export function crashError(worker: string): RunError {
  return { message: `the process of worker ${worker} died`, stack: undefined };
}

/**
 * Whether one of a dead worker's runs is known to be under suspicion and had begun: then it is the
 * likely culprit, and what ran beside it is only watched.
 */
export function hasCulprit(runs: Iterable<Pick<InterruptedRun, "entered" | "suspect">>): boolean {
  for (const run of runs) if (run.entered && run.suspect) return true;
  return false;
}

/** Decides about one run of a dead worker; `culprit` is `hasCulprit` of all that worker's runs. */
export function crashVerdict(run: InterruptedRun, culprit: boolean, now: number): CrashVerdict {
  if (run.ask !== undefined) {
    return { type: "ended", state: run.ask === "stop" ? "stopped" : "cancelled" };
  }
  if (!run.entered) return { type: "released" };
  if (run.crashLimit === Number.POSITIVE_INFINITY) return { type: "interrupted" };
  const before = crashesInWindow(run, now);
  if (culprit && !run.suspect) {
    return {
      type: "suspected",
      crashes: before,
      crashedAt: before === 0 ? undefined : run.crashedAt,
    };
  }
  const crashes = before + 1;
  if (crashes >= run.crashLimit) return { type: "poisoned", crashes, crashedAt: now };
  return { type: "suspected", crashes, crashedAt: now };
}

function crashesInWindow(run: InterruptedRun, now: number): number {
  const fresh = run.crashedAt !== undefined && now - run.crashedAt <= limits.crashWindowMs;
  return fresh ? run.crashes : 0;
}
