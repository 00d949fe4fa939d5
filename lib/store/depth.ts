import type { QueueState } from "./queue-state.ts";

/** How many more jobs the queues take: those that have a `maxDepth`, and all others any number. */
export interface Room {
  maxDepth(queue: string): number | undefined;
  /** As its jobs are counted now. */
  left(queue: string): number;
}

/** For what must not be refused: it commits with the end of the run that made it. */
export const boundless: Room = { maxDepth: () => undefined, left: () => Infinity };

/** `waiting`: jobs of a queue that are available, scheduled or retryable in this transaction. */
export function roomOf(
  queues: Iterable<Pick<QueueState, "name" | "settings">>,
  waiting: (queue: string) => number,
): Room {
  const bounds = new Map<string, number>();
  for (const { name, settings } of queues) {
    if (settings.maxDepth !== undefined) bounds.set(name, settings.maxDepth);
  }
  if (bounds.size === 0) return boundless;
  return {
    maxDepth: (queue) => bounds.get(queue),
    left: (queue) => (bounds.get(queue) ?? Infinity) - waiting(queue),
  };
}
