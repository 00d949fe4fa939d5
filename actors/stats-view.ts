import { limits } from "../lib/base/limits.ts";
import type { StatsView } from "../lib/client/client.ts";
import { hookStats } from "../lib/hook/stats.ts";
import { jobStates } from "../lib/job/state.ts";
import type { Assembly } from "./assembly.ts";

/** `runtime.stats()`: the figures of this process, and the counts of the file. */
export async function statsView(assembly: Assembly): Promise<StatsView> {
  const { system, links, local, loop, hooks } = assembly;
  const [snapshot, queues, totals] = await Promise.all([
    system.ask(links.stats, "read", {}, limits.askTimeoutMs),
    local.read({ type: "queues" }),
    local.read({ type: "hookTotals" }),
  ]);
  const count = (state: (typeof jobStates)[number]) =>
    queues.reduce((sum, queue) => sum + queue.counts[state], 0);
  const counts = Object.fromEntries(jobStates.map((state) => [state, count(state)]));
  return {
    ...snapshot,
    counts: counts as StatsView["counts"],
    hooks: hookStats(hooks.counter.view(), totals, snapshot.at),
    lingering: loop.lingering,
    deadLetters: system.deadLetters(),
  };
}
