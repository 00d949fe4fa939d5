import { dayMs } from "./units.ts";

/** The jobservice's API: what one answer of it holds, and what it looks at for that. */
export const jobserviceLimits = {
  /** Ids of executions in the stats of one job, the newest: a list of all has its own pages. */
  jobserviceExecutionIds: 100,
  /** Jobs of a page where none says how many: v2.15.2's own number. */
  jobservicePageRows: 25,
  /** The same of jobs that wait for their time, of which v2.15.2 always gives that many. */
  jobserviceScheduledRows: 20,
  /** Jobs of a page at most: for each its executions are looked up, some 10 ms for all. */
  jobservicePageRowsMax: 100,
  /** Jobs that a numbered page may lie behind, and executions that are counted: 100 reads. */
  jobserviceRanked: 10_000,
  /** Pages of jobs that one answer looks through for a kind; past it the answer is short. */
  jobserviceReads: 20,
  /** How far ahead a job may be scheduled: a century, past which a number of seconds is none. */
  jobserviceDelayMs: 100 * 366 * dayMs,
} as const;
