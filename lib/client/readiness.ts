/** Whether a runtime can do what it is for, and what stands in its way. */
export interface Readiness {
  readonly ready: boolean;
  /** A sentence each; empty when ready. */
  readonly problems: readonly string[];
}
