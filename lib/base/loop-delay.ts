import { monitorEventLoopDelay } from "node:perf_hooks";

/** The machine's timer is asked so often: each time costs a wake-up of the process. */
const resolutionMs = 20;

/** How late the host's loop came to its timers since the last reading, in milliseconds. */
export interface LoopDelay {
  mean: number;
  p99: number;
  max: number;
}

export interface LoopDelayMeter {
  /** Begins anew with each reading; all 0 where nothing was measured since. */
  read(): LoopDelay;
  close(): void;
}

/** Measures from its making on. */
export function loopDelayMeter(): LoopDelayMeter {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  // It tells from one timer to the next, in nanoseconds.
  const lateMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  return {
    read() {
      const none = histogram.count === 0;
      const delay = none
        ? { mean: 0, p99: 0, max: 0 }
        : {
            mean: lateMs(histogram.mean),
            p99: lateMs(histogram.percentile(99)),
            max: lateMs(histogram.max),
          };
      histogram.reset();
      return delay;
    },
    close: () => void histogram.disable(),
  };
}
