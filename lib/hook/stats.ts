import type { HookTotals } from "../protocol/hook.ts";
import type { HookCounts } from "./counts.ts";

/** What `runtime.stats()` tells of hooks: counts of this process, and what the file holds. */
export interface HookStats extends HookCounts {
  /** Events that wait to be told. */
  readonly waiting: number;
  /** For how long the oldest of them has waited, in ms. */
  readonly backlogMs: number;
  /** Dead events that can be sent again. */
  readonly kept: number;
  /** Events that were dead at once, since too many waited; over the life of the file. */
  readonly refused: number;
  /** Dead events that gave way to newer ones; over the life of the file. */
  readonly dropped: number;
}

export function hookStats(counts: HookCounts, totals: HookTotals, now: number): HookStats {
  const { waiting, dead: kept, refused, dropped, oldestAt } = totals;
  const backlogMs = oldestAt === undefined ? 0 : Math.max(0, now - oldestAt);
  return { ...counts, waiting, backlogMs, kept, refused, dropped };
}
