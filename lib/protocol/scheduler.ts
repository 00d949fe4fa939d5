/** What the scheduler accepts. It promotes what is due; one timer stands for the earliest. */
export type SchedulerMessage =
  /** Something will be due then. */
  | { type: "due"; at: number }
  /** Another process may have put something earlier into the file. */
  | { type: "look" }
  | { type: "wake" }
  | { type: "promoted"; nextAt: number | undefined; more: boolean }
  | { type: "failed" };
