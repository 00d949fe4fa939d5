import { parentPort, workerData } from "node:worker_threads";
import { Simulation } from "./simulation.ts";

/** What a thread was asked for: the lives of these seeds, each run so often. */
export interface Asked {
  seeds: readonly number[];
  steps: number;
}

/** A life's trace; with what it failed by, if it did. */
export interface Told {
  seed: number;
  trace: readonly string[];
  fault: string | undefined;
}

/**
 * Lives in a thread of their own: the test runner follows every promise of its own thread, which
 * made them three times slower.
 */
const { seeds, steps } = workerData as Asked;
for (const seed of seeds) {
  const life = new Simulation(seed);
  let fault: string | undefined;
  try {
    await life.run(steps);
  } catch (error) {
    fault = (error as Error).stack ?? String(error);
  }
  parentPort?.postMessage({ seed, trace: life.trace, fault } satisfies Told);
}
