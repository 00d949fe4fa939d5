const secondMs = 1000;

/** Bounds of the testing kit: of real time, and of what a test gets to see. */
export const testLimits = {
  /** Thread handlers at once: the same on every machine. */
  testThreads: 4,
  /** Real time of a run in `drain`: less than the 5 s after which most test runners give up. */
  testDrainMs: 4 * secondMs,
  /** Real time that the clock stands still for a run, before it moves on without it. */
  testPatienceMs: secondMs,
  /** Times that jobs due at once make others due at once: past it they never come to rest. */
  testRounds: 10_000,
  /** Jobs that a failed `assertEnqueued` lists, the newest. */
  testListed: 20,
} as const;
