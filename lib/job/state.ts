/** Where a job stands. The last four are final. */
export type JobState =
  | "scheduled"
  | "available"
  | "running"
  | "retryable"
  | "completed"
  | "stopped"
  | "cancelled"
  | "dead";

export const waitingStates = ["scheduled", "available", "retryable"] as const;
export const finalStates = ["completed", "stopped", "cancelled", "dead"] as const;
export const jobStates = [
  "scheduled",
  "available",
  "running",
  "retryable",
  ...finalStates,
] as const satisfies readonly JobState[];

export type FinalState = (typeof finalStates)[number];

/**
 * The table of allowed moves: whatever is not here can't happen. The engines restate it as guards
 * (`WHERE state = …`) and CHECKs; a test walks every pair of states on every engine.
 */
export const moves = {
  /** Its time has come. */
  promote: { from: ["scheduled", "retryable"], to: "available" },
  /** A worker takes it: attempt + 1, a new fence, the worker noted. */
  claim: { from: ["available"], to: "running" },
  complete: { from: ["running"], to: "completed" },
  /** The run threw and attempts are left. */
  fail: { from: ["running"], to: "retryable" },
  /** The run asked for a later time; the attempt is given back. */
  snooze: { from: ["running"], to: "scheduled" },
  /**
   * Interrupted by a shutdown or a crash, or claimed ahead and not entered; the attempt is given
   * back.
   */
  release: { from: ["running"], to: "available" },
  /** Out of attempts, poison, unreadable, or thrown away. */
  discard: { from: ["running", "available", "scheduled", "retryable"], to: "dead" },
  stop: { from: ["running", "available", "scheduled", "retryable"], to: "stopped" },
  cancel: { from: ["running", "available", "scheduled", "retryable"], to: "cancelled" },
  /** A unique job's `replace` moved its time to later. */
  postpone: { from: ["available"], to: "scheduled" },
  /** By hand: a final one starts over, a waiting one runs now. */
  retry: { from: ["dead", "cancelled", "stopped", "scheduled", "retryable"], to: "available" },
} as const satisfies Record<string, { from: readonly JobState[]; to: JobState }>;

export type Move = keyof typeof moves;

export function isFinal(state: JobState): state is FinalState {
  return (finalStates as readonly JobState[]).includes(state);
}

export function isAllowed(move: Move, from: JobState): boolean {
  return (moves[move].from as readonly JobState[]).includes(from);
}
