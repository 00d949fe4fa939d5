import type { JobId } from "../job/job.ts";
import type { JobState } from "../job/state.ts";

/**
 * A move that a subscriber may see. Of this process every move comes; of other processes each job's
 * latest state, within 100 ms, with `remote` set.
 */
export interface JobEvent {
  type: EventType;
  /** Milliseconds since the epoch. */
  at: number;
  id: JobId;
  name: string;
  queue: string;
  state: JobState;
  attempt: number;
  reason: string | undefined;
  remote: boolean;
  /**
   * Hand it to `events({ since })` to go on after this event; final ones are found again after a
   * restart.
   */
  cursor: string;
}

/** What happened: the state that was reached, or that a running job's state was given back. */
export type EventType =
  | "scheduled"
  | "available"
  | "running"
  | "retryable"
  | "completed"
  | "stopped"
  | "cancelled"
  | "dead"
  | "deleted"
  /**
   * Kept final jobs, or the dead where a count bounds them, reached 90 % of their bound: `reason`
   * says which. It is no job's: `id`, `name` and `queue` are empty.
   */
  | "retention"
  /** This subscriber was too slow: moves are missing here, so read what matters again. */
  | "gap";
