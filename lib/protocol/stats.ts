import type { Reply } from "../kernel/message.ts";

/** How a run ended, as it is counted: `dead` has no attempts left, `failed` will be tried again. */
export type CountedOutcome =
  | "completed"
  | "failed"
  | "dead"
  | "stopped"
  | "cancelled"
  | "released"
  | "snoozed";

/**
 * One ended run, for the figures. Durations in ms, undefined where its handler was never entered.
 */
export interface RanRun {
  name: string;
  outcome: CountedOutcome;
  monotonicMs: number;
  runMs: number | undefined;
  waitMs: number | undefined;
}

/** What stats accepts: hints, never facts. A full mailbox drops the oldest. */
export type StatsMessage<Snapshot, Figures> =
  | { type: "ran"; runs: readonly RanRun[] }
  | { type: "read"; reply: Reply<Snapshot> }
  /** Of the first `names` names, and of all others as one. */
  | { type: "figures"; names: number; reply: Reply<Figures> };
