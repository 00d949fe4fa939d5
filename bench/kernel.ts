import { pbkdf2Sync } from "node:crypto";
import { systemClock } from "../lib/base/clock.ts";
import { median } from "./figures.ts";

/**
 * CPU work of a given size. Native: a loop in JavaScript changed its speed threefold after some 200
 * calls, when another of V8's compilers took it over.
 */
export function kernel(iterations: number): void {
  pbkdf2Sync("ergate", "salt", iterations, 32, "sha256");
}

const trial = 1_000;

/** How many iterations take about a millisecond here. */
export function iterationsOfOneMs(): number {
  const samples: number[] = [];
  for (let round = 0; round < 101; round++) {
    const started = systemClock.monotonic();
    kernel(trial);
    samples.push(systemClock.monotonic() - started);
  }
  return Math.round(trial / median(samples));
}
