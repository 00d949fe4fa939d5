/**
 * Time as an argument. This file is the only one that may read the machine's clock or set a timer.
 */
export interface Clock {
  /** Wall clock, whole milliseconds since the epoch. May jump. */
  now(): number;
  /** Never goes back, fractional milliseconds from an arbitrary start. For measuring durations. */
  monotonic(): number;
  /**
   * Calls `action` once, `ms` from now (0 = next turn). `idle`: upkeep that nobody waits for, such
   * as a poll; a virtual clock may let it wait until it has passed everything else.
   */
  after(ms: number, action: () => void, idle?: boolean): Timer;
}

export interface Timer {
  cancel(): void;
}

/**
 * Runs an action in a later turn of the host's loop, after the promises under way. Taken once: a
 * test runner's fake timers, installed later, don't reach it.
 */
export const soon: (action: () => void) => void = setImmediate;

/** The longest delay that `setTimeout` keeps; a longer one fires at once. */
const timeoutMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, action) {
    const due = performance.now() + ms;
    let handle: NodeJS.Timeout;
    const arm = () => {
      const left = due - performance.now();
      handle =
        left > timeoutMsMax
          ? setTimeout(arm, timeoutMsMax)
          : setTimeout(action, Math.max(0, Math.ceil(left)));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};
