import type { JobId } from "../job/job.ts";

/** Who a worker is, and what says whether it lives. */
export interface WorkerIdentity {
  id: string;
  host: string;
  pid: number;
  version: string;
  leaseUntil: number;
  /**
   * Whether its lock is held: it lives, whatever its lease says. Undefined where that can't be
   * probed.
   */
  alive: boolean | undefined;
  /** Names of the jobs that it runs, sorted. */
  jobs: readonly string[];
  /**
   * A digest of the schedules that its code declares, equal where they are equal; undefined where
   * the option is not given.
   */
  declared: string | undefined;
}

export interface WorkerRow extends WorkerIdentity {
  namespace: string;
  concurrency: number;
  threads: number;
  startedAt: number;
  /** Queues that hold, or by definition get, jobs of its names. Sorted. */
  queues: readonly string[];
  /** Jobs that it holds, those that it claimed ahead too. */
  running: number;
  /** Runs that could not be ended, and keep their slots. */
  lingering: number;
  /** Runs that were entered and the lingering ones: slots in use. */
  busy: number;
  /** The first `limits.workerSlots` of them. */
  slots: readonly SlotRow[];
}

/** One run, from the row of its job. */
export interface SlotRow {
  /** Undefined where the job of a lingering run is deleted. */
  jobId: JobId | undefined;
  name: string;
  queue: string;
  /** Undefined where the job of a lingering run has run again since; so is `startedAt`. */
  attempt: number | undefined;
  /** As JSON text; undefined where they are larger than `limits.slotArgsBytes`. */
  args: string | undefined;
  /** Paths in them that are hidden. */
  redact: readonly string[];
  startedAt: number | undefined;
  progress: number | undefined;
  checkIn: string | undefined;
  lingering: boolean;
}
