import { limits } from "../base/limits.ts";
import type { BucketsView } from "./buckets.ts";
import { Counters, otherNames } from "./counter.ts";
import { Histogram } from "./histogram.ts";
import {
  type NameStats,
  type RunOutcome,
  runOutcomes,
  type StatsSnapshot,
  type Throughput,
} from "./snapshot.ts";
import { RateWindow } from "./window.ts";

interface Durations {
  readonly runMs: Histogram;
  readonly waitMs: Histogram;
}

/** What runs of one name did, as counts that only rise. */
export interface NameFigures {
  readonly name: string;
  readonly counts: Readonly<Record<RunOutcome, number>>;
  readonly runMs: BucketsView;
  readonly waitMs: BucketsView;
}

export interface RunFigures {
  readonly byName: readonly NameFigures[];
  readonly throughput: Throughput;
  readonly droppedHints: number;
}

/** Gathers what runs did. `ran` is O(1) and makes no object, but for the first run of a name. */
export class RunStats {
  readonly #counters: Counters<RunOutcome>;
  readonly #durations = new Map<string, Durations>();
  readonly #window = new RateWindow();
  readonly #namesMax: number;
  #droppedHints = 0;

  constructor(namesMax: number = limits.metricNames) {
    this.#namesMax = namesMax;
    this.#counters = new Counters(runOutcomes, namesMax);
  }

  /**
   * Takes an ended run. `monotonicMs` is when it ended; the durations are left out (undefined)
   * where its handler was never entered.
   */
  ran(
    name: string,
    outcome: RunOutcome,
    monotonicMs: number,
    runMs: number | undefined,
    waitMs: number | undefined,
  ): void {
    this.#counters.add(name, outcome);
    if (outcome !== "released") this.#window.add(monotonicMs);
    const durations = this.#durations.get(name) ?? this.#newDurations(name);
    if (runMs !== undefined) durations.runMs.record(runMs);
    if (waitMs !== undefined) durations.waitMs.record(waitMs);
  }

  dropped(hints: number): void {
    this.#droppedHints += hints;
  }

  /** For `/metrics`: names past the first `namesMax` are counted as one. */
  figures(namesMax: number, monotonicMs: number): RunFigures {
    const rest = { counts: noCounts(), runMs: new Histogram(), waitMs: new Histogram() };
    const byName: NameFigures[] = [];
    for (const [name, { runMs, waitMs }] of this.#durations) {
      const counts = this.#counters.counts(name);
      if (byName.length < namesMax && name !== otherNames) {
        byName.push({ name, counts, runMs: runMs.buckets(), waitMs: waitMs.buckets() });
        continue;
      }
      for (const outcome of runOutcomes) rest.counts[outcome] += counts[outcome];
      rest.runMs.merge(runMs);
      rest.waitMs.merge(waitMs);
    }
    if (byName.length < this.#durations.size) {
      const [runMs, waitMs] = [rest.runMs.buckets(), rest.waitMs.buckets()];
      byName.push({ name: otherNames, counts: rest.counts, runMs, waitMs });
    }
    const throughput = throughputOf(this.#window, monotonicMs);
    return { byName, throughput, droppedHints: this.#droppedHints };
  }

  /** `at` is the wall clock, for showing; `monotonicMs` the clock that `ran` was given. */
  snapshot(at: number, monotonicMs: number): StatsSnapshot {
    const all: Durations = { runMs: new Histogram(), waitMs: new Histogram() };
    // Without a prototype: a job may be called "__proto__".
    const byName: Record<string, NameStats> = Object.create(null);
    for (const [name, durations] of this.#durations) {
      byName[name] = nameStats(this.#counters.counts(name), durations);
      all.runMs.merge(durations.runMs);
      all.waitMs.merge(durations.waitMs);
    }
    return Object.freeze({
      at,
      total: nameStats(this.#counters.counts(), all),
      byName: Object.freeze(byName),
      throughput: throughputOf(this.#window, monotonicMs),
      droppedHints: this.#droppedHints,
    });
  }

  #newDurations(name: string): Durations {
    if (this.#durations.size >= this.#namesMax && name !== otherNames) {
      return this.#durations.get(otherNames) ?? this.#newDurations(otherNames);
    }
    const durations = { runMs: new Histogram(), waitMs: new Histogram() };
    this.#durations.set(name, durations);
    return durations;
  }
}

function nameStats(counts: Record<RunOutcome, number>, { runMs, waitMs }: Durations): NameStats {
  return Object.freeze({
    counts: Object.freeze(counts),
    runMs: runMs.view(),
    waitMs: waitMs.view(),
  });
}

function noCounts(): Record<RunOutcome, number> {
  return Object.fromEntries(runOutcomes.map((outcome) => [outcome, 0])) as Record<
    RunOutcome,
    number
  >;
}

function throughputOf(window: RateWindow, monotonicMs: number): Throughput {
  return Object.freeze({
    last1s: window.rate(monotonicMs, 1),
    last10s: window.rate(monotonicMs, 10),
    last60s: window.rate(monotonicMs, 60),
  });
}
