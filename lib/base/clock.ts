/**
 * Time as an argument. This file is the only one that may read the machine's clock or set a timer.
 */
export interface Clock {
  /** Wall clock, whole milliseconds since the epoch. May jump. */
  now(): number;
  /** Never goes back, fractional milliseconds from an arbitrary start. For measuring durations. */
  monotonic(): number;
  /** Calls `action` once, `ms` from now (0 = next turn). */
  after(ms: number, action: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

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
