import type { QueueSettings } from "../job/queue.ts";

/** A lane as the list of queues needs it. */
export interface HeldLane {
  name: string;
  available: number;
  lingering: number;
}

/**
 * Available jobs of a queue that wait for lingering runs alone: every place of a limit is taken by
 * a run that can't be ended.
 */
export function heldOf(
  { concurrency }: QueueSettings,
  lanes: readonly HeldLane[],
  jobs: { concurrency(name: string): number | undefined; lingering(name: string): number },
): number {
  const lingering = lanes.reduce((sum, lane) => sum + lane.lingering, 0);
  const full = concurrency !== undefined && lingering >= concurrency;
  let held = 0;
  for (const { name, available } of lanes) {
    const most = jobs.concurrency(name);
    if (full || (most !== undefined && jobs.lingering(name) >= most)) held += available;
  }
  return held;
}
