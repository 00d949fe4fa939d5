import { LogCollector } from "../lib/log/collector.ts";
import { type LogStore, openLogStore } from "../lib/log/store.ts";
import type { Links } from "./links.ts";
import type { Settings } from "./options.ts";

/** Where lines gather before the sink takes them. */
export function createCollector({ clock, log }: Settings, links: Links): LogCollector {
  return new LogCollector({
    clock,
    wake: () => void links.logSink.tell({ type: "lines" }),
    level: log.level,
    batchLines: log.batchSize,
  });
}

/** The lines of a file lie beside it, in one of their own. */
export function openLogs({ storage, namespace }: Settings): LogStore {
  const { file, place } = storage;
  return openLogStore({ file: file === ":memory:" ? file : `${file}-logs`, namespace, place });
}
