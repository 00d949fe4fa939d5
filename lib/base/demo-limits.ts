import { secondMs } from "./units.ts";

/** The demo. */
export const demoLimits = {
  /** Results that the demo sorts in memory, some 150 bytes each; past it they go to side files. */
  demoSortRecords: 100_000,
  /** The demo's first commit of files: threads begin after it, and each next is twice as large. */
  demoFirstBatch: 64,
  /** Failed files that the demo's summary names; the rest are counted. */
  demoFailuresShown: 20,
  /** Between two looks at whether all files are done. */
  demoPollMs: 50,
  /** Between two attempts at a file whose reading failed. */
  demoBackoffMs: secondMs,
  /** Between two of the demo's progress lines, and two drawings of its bar. */
  demoLineMs: secondMs,
  demoBarMs: 100,
  /** The demo's files are short work: what runs when it is stopped is ended at once. */
  demoGraceMs: 5 * secondMs,
} as const;
