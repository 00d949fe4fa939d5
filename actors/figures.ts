import { stat } from "node:fs/promises";
import { limits } from "../lib/base/limits.ts";
import { listWorkers } from "../lib/client/workers.ts";
import { hookStats } from "../lib/hook/stats.ts";
import type { Figures } from "../lib/http/metrics/figures.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import type { Assembly } from "./assembly.ts";

/** What `/metrics` tells: figures of this process, and what the file holds. */
export async function figuresOf(assembly: Assembly, collector: LogCollector): Promise<Figures> {
  const { system, links, local, loop, settings, commits, hooks } = assembly;
  const names = limits.metricLabels;
  const [runs, queues, workers, walBytes, totals] = await Promise.all([
    system.ask(links.stats, "figures", { names }, limits.askTimeoutMs),
    local.read({ type: "queues" }),
    listWorkers(local),
    walBytesOf(settings.storage.file),
    local.read({ type: "hookTotals" }),
  ]);
  const { durationMs, rows, failures } = commits;
  return {
    ...{ at: settings.clock.now(), runs, queues, workers, walBytes },
    commits: { durationMs: durationMs.view(), rows: rows.view(), failures },
    hooks: hookStats(hooks.counter.view(), totals, settings.clock.now()),
    bus: await assembly.bus.stats(),
    log: collector.stats(),
    actors: system.actors(),
    deadLetters: system.deadLetters(),
    lingering: loop.lingering,
  };
}

/** By its name alone: whoever opens a file that SQLite has open drops its locks. */
async function walBytesOf(file: string): Promise<number | undefined> {
  if (file === ":memory:") return undefined;
  const found = await stat(`${file}-wal`).catch(() => undefined);
  return found?.size ?? 0;
}
