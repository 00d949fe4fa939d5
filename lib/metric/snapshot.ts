import type { Outcome } from "../job/outcome.ts";
import type { HistogramView } from "./histogram.ts";

/** How a run ended, as it is counted: `dead` has no attempts left, `failed` will be tried again. */
export const runOutcomes = [
  "completed",
  "failed",
  "dead",
  "stopped",
  "cancelled",
  "released",
  "snoozed",
] as const;

export type RunOutcome = (typeof runOutcomes)[number];

/** What an outcome is counted as. */
export function countedAs(type: Outcome["type"]): RunOutcome {
  return type === "discarded" ? "dead" : type;
}

/** Events a second over the last 1, 10 and 60 whole seconds. */
export interface Throughput {
  readonly last1s: number;
  readonly last10s: number;
  readonly last60s: number;
}

export interface NameStats {
  readonly counts: Readonly<Record<RunOutcome, number>>;
  /** From the handler's entry to its end, in ms. */
  readonly runMs: HistogramView;
  /** From being due to the handler's entry, in ms. */
  readonly waitMs: HistogramView;
}

/** What this process did since it started, frozen: the figures of `runtime.stats()`. */
export interface StatsSnapshot {
  /** Wall clock, milliseconds since the epoch. */
  readonly at: number;
  /** All names together. */
  readonly total: NameStats;
  readonly byName: Readonly<Record<string, NameStats>>;
  /** Ended runs a second, without those that were given back. */
  readonly throughput: Throughput;
  /** Figures lost because the stats actor's mailbox was full. */
  readonly droppedHints: number;
}
