import type { FinalState } from "../job/state.ts";

/** How long and how many final jobs are kept. `Infinity`: no bound. */
export interface Retention {
  ageMs: Readonly<Record<FinalState, number>>;
  count: Readonly<Record<FinalState, number>>;
  /** Of all final jobs together: their payloads, results and errors. */
  bytes: number;
  /** Records of runs of schedules and commands, beside their jobs. */
  runs: { ageMs: number; count: number };
}
