const secondMs = 1000;

/** The bounds of the testing kit: of real time, and of what a test gets to see. */
export const testLimits = {
  /** Thread handlers at once: the same on every machine. */
  threads: 4,
  /**
   * Real time a run may take in `drain`: less than the 5 s after which most test runners give up.
   */
  drainMs: 4 * secondMs,
  /** Real time that the clock stands still for a run, before it moves on without it. */
  patienceMs: secondMs,
  /** Times that jobs due at once make others due at once: past it they never come to rest. */
  rounds: 10_000,
  /** Jobs that a failed `assertEnqueued` lists, the newest. */
  listed: 20,
} as const;
