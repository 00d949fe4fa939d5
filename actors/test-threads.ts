import { inProcessThreads } from "../lib/thread/in-process.ts";
import type { MakeThreads } from "../lib/thread/lazy.ts";
import type { ThreadPoolOptions } from "../lib/thread/thread.ts";

/**
 * Where thread jobs of a test run. Real threads know real time alone: their runs are dated anew.
 */
export function makeTestThreads(inProcess: boolean): MakeThreads {
  if (inProcess) return async (options) => inProcessThreads(options);
  return async (options) => {
    const { threadPool } = await import("../lib/thread/pool.ts");
    return threadPool({ ...options, events: dated(options) });
  };
}

function dated({ clock, events }: ThreadPoolOptions): ThreadPoolOptions["events"] {
  return {
    ...events,
    ended(endings) {
      const now = clock.now();
      events.ended(endings.map((end) => ({ ...end, startedAt: now, finishedAt: now })));
    },
    lines(lines, taken) {
      const at = clock.now();
      events.lines(
        lines.map((line) => ({ ...line, at })),
        taken,
      );
    },
  };
}
