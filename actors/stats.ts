import type { Clock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import type { Actor } from "../lib/kernel/actor.ts";
import { type RunFigures, RunStats } from "../lib/metric/run-stats.ts";
import type { StatsSnapshot } from "../lib/metric/snapshot.ts";
import type { StatsMessage } from "../lib/protocol/stats.ts";

/** Counts what ran. Only hints come here: what changes a job is in the store before. */
export function statsActor(
  clock: Clock,
  dropped: () => number,
): Actor<StatsMessage<StatsSnapshot, RunFigures>> {
  // Kept over a restart: figures since the start of the process.
  const stats = new RunStats();
  let droppedBefore = 0;
  const countDropped = () => {
    const now = dropped();
    stats.dropped(now - droppedBefore);
    droppedBefore = now;
  };
  return {
    mailbox: { capacity: limits.statsMailbox, overflow: "dropOldest" },
    setup: (ctx) => ({
      receive(message) {
        switch (message.type) {
          case "ran":
            for (const { name, outcome, monotonicMs, runMs, waitMs } of message.runs) {
              stats.ran(name, outcome, monotonicMs, runMs, waitMs);
            }
            return;
          case "read":
            countDropped();
            return ctx.reply(message.reply, stats.snapshot(clock.now(), clock.monotonic()));
          case "figures":
            countDropped();
            return ctx.reply(message.reply, stats.figures(message.names, clock.monotonic()));
          default:
            message satisfies never;
        }
      },
    }),
  };
}
