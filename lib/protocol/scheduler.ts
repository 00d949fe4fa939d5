/**
 * What the scheduler accepts. It promotes what is due, one timer for the earliest, and fires
 * schedules.
 */
export type SchedulerMessage =
  /** Something will be due then. */
  | { type: "due"; at: number }
  /** Another process may have put something earlier into the file. */
  | { type: "look" }
  | { type: "wake" }
  | { type: "promoted"; nextAt: number | undefined; more: boolean }
  | { type: "failed" }
  | FiringMessage;

/** Of these, what is about schedules. */
export type FiringMessage =
  /** A schedule's time has come. */
  | { type: "fire" }
  /** Schedules were written here. */
  | { type: "planned" }
  /** A run of a schedule is over: one that waited for it may go. */
  | { type: "ran" }
  /** Is the clock still what it was? */
  | { type: "tick" }
  | { type: "fired"; nextAt: number | undefined; waiting: boolean; outrun: boolean }
  | { type: "unfired"; error: unknown };
