import { limits } from "../lib/base/limits.ts";

interface Pace {
  averageMs: number;
  runs: number;
}

/** What each job's runs took, to know how many of it may be claimed before a slot is free. */
export class Paces {
  readonly #paces = new Map<string, Pace>();

  note(name: string, ms: number): void {
    const pace = this.#paces.get(name);
    if (pace === undefined) {
      this.#paces.set(name, { averageMs: ms, runs: 1 });
      return;
    }
    pace.runs++;
    pace.averageMs += (ms - pace.averageMs) * limits.prefetchWeight;
  }

  /** How many make up the work that may be claimed ahead; 0 while too few runs were measured. */
  ahead(name: string): number {
    const pace = this.#paces.get(name);
    if (pace === undefined || pace.runs < limits.prefetchRuns) return 0;
    // The clock stands still, as a test's may: nothing was measured.
    if (pace.averageMs === 0) return 0;
    return Math.min(
      limits.prefetchJobs,
      Math.floor(limits.prefetchMs / Math.max(pace.averageMs, 1e-3)),
    );
  }
}
