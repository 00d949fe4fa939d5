/** What the log sink accepts. The lines themselves wait in the collector that it drains. */
export type LogSinkMessage =
  /** Lines wait: from none to one, at a batch's worth, or for a flush. */
  | { type: "lines" }
  /** The first waiting line is as old as it may get. */
  | { type: "commit" }
  | { type: "stored" }
  | { type: "failed"; error: unknown }
  /** Jobs were deleted, and wait in the list of them: their lines go too. */
  | { type: "forget" }
  | { type: "forgotten" }
  | { type: "unforgotten"; error: unknown }
  | { type: "sweep" }
  /** `more`: lines past the retention are left. */
  | { type: "swept"; more: boolean };

export interface LogRetention {
  ageMs: number;
  bytes: number;
}
