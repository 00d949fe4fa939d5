import type { LoopDelay } from "../../base/loop-delay.ts";
import type { BusStats } from "../../client/bus-stats.ts";
import type { Worker } from "../../client/workers.ts";
import type { HookStats } from "../../hook/stats.ts";
import type { ActorView } from "../../kernel/trace.ts";
import type { CollectorStats } from "../../log/collector.ts";
import type { BucketsView } from "../../metric/buckets.ts";
import type { RunFigures } from "../../metric/run-stats.ts";
import type { QueueRow } from "../../protocol/query.ts";

/** All that `/metrics` tells, at one moment. Durations in milliseconds, as everywhere inside. */
export interface Figures {
  readonly at: number;
  readonly runs: RunFigures;
  readonly queues: readonly QueueRow[];
  readonly workers: readonly Worker[];
  readonly commits: CommitFigures;
  readonly log: CollectorStats;
  readonly hooks: HookStats;
  readonly bus: BusStats;
  readonly actors: readonly ActorView[];
  readonly deadLetters: Readonly<Record<string, number>>;
  /** Runs that were ended but have not returned yet. */
  readonly lingering: number;
  /** Undefined where nothing is on disk. */
  readonly walBytes: number | undefined;
}

export interface CommitFigures {
  readonly durationMs: BucketsView;
  readonly rows: BucketsView;
  readonly failures: number;
}

export interface Observed extends Figures {
  readonly loopDelay: LoopDelay;
  /** Since the server was made. */
  readonly failedLogins: number;
}
