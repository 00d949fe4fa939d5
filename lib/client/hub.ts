import { limits } from "../base/limits.ts";
import { Ring } from "../base/ring.ts";
import type { JobId } from "../job/job.ts";
import { isFinal, type JobState } from "../job/state.ts";
import type { EventType, JobEvent } from "../protocol/event.ts";

/** One subscriber's bounded buffer. */
export interface Subscription {
  /** The next event, or undefined while there is none. */
  next(): JobEvent | undefined;
  /** Called once when an event arrives while none waited. */
  onEvent(wake: () => void): void;
  close(): void;
}

/**
 * Where the moves of this process go once they are committed, and those of others once they are
 * seen: to subscribers, and to whoever waits for one job's end. With neither, publishing costs one
 * check.
 */
export interface Hub {
  /** Whether anybody would see an event. */
  readonly active: boolean;
  publish(event: JobEvent): void;
  subscribe(): Subscription;
  /** Calls back at the job's end, or deletion. Returns the end of waiting. */
  onEnd(id: JobId, wake: (end: JobEvent) => void): () => void;
  /** Sees every event in the publisher's stack. Returns the end of it. */
  onPublish(see: (event: JobEvent) => void): () => void;
  /** Locks of this name may be free now, by a commit of this process; undefined: of any. */
  freed(lock: string | undefined): void;
  onFreed(wake: (lock: string | undefined) => void): void;
  /** Calls back when the runtime is over: nothing comes any more. Returns the end of it. */
  onClose(end: () => void): () => void;
  close(): void;
}

export function createHub(): Hub {
  const subscribers = new Set<(event: JobEvent) => void>();
  const waiters = new Map<JobId, Set<(end: JobEvent) => void>>();
  const ends = new Set<() => void>();
  let closed = false;
  return {
    get active() {
      return subscribers.size > 0 || waiters.size > 0;
    },
    publish(event) {
      for (const deliver of subscribers) deliver(event);
      const ended = event.type === "deleted" || (isMove(event.type) && isFinal(event.type));
      if (ended) for (const wake of waiters.get(event.id) ?? []) wake(event);
    },
    subscribe: () => subscription(subscribers),
    onEnd(id, wake) {
      const waiting = waiters.get(id) ?? new Set();
      waiters.set(id, waiting.add(wake));
      return () => {
        waiting.delete(wake);
        if (waiting.size === 0) waiters.delete(id);
      };
    },
    onPublish(see) {
      subscribers.add(see);
      return () => void subscribers.delete(see);
    },
    ...freedLocks(),
    onClose(end) {
      if (closed) end();
      else ends.add(end);
      return () => void ends.delete(end);
    },
    close() {
      closed = true;
      for (const end of [...ends]) end();
    },
  };
}

function freedLocks(): Pick<Hub, "freed" | "onFreed"> {
  const wakes: ((lock: string | undefined) => void)[] = [];
  return {
    freed(lock) {
      for (const wake of wakes) wake(lock);
    },
    onFreed: (wake) => void wakes.push(wake),
  };
}

/** Whether it tells the state that a job reached. */
export function isMove(type: EventType): type is JobState {
  return type !== "deleted" && type !== "retention" && type !== "gap";
}

function subscription(subscribers: Set<(event: JobEvent) => void>): Subscription {
  const pending = new Ring<JobEvent>(limits.eventsPending);
  let wake: (() => void) | undefined;
  let gap = false;
  const deliver = (event: JobEvent) => {
    // Until the gap was told nothing is kept: it stands in the place of what is missing.
    if (gap || !pending.push(event)) gap = true;
    // Cleared first: who is woken may wait anew at once.
    const woken = wake;
    wake = undefined;
    woken?.();
  };
  subscribers.add(deliver);
  return {
    next() {
      const event = pending.shift();
      if (event !== undefined || !gap) return event;
      gap = false;
      return gapEvent;
    },
    onEvent(action) {
      if (pending.size > 0) action();
      else wake = action;
    },
    close: () => void subscribers.delete(deliver),
  };
}

/** What a subscriber gets in the place of moves that its buffer had no room for. */
const gapEvent: JobEvent = Object.freeze({
  type: "gap",
  at: 0,
  id: "",
  name: "",
  queue: "",
  state: "available",
  attempt: 0,
  reason: undefined,
  remote: false,
  cursor: "",
});
