import { hostname } from "node:os";
import type { Assembly } from "./assembly.ts";
import { busParts } from "./bus-parts.ts";
import { RunLines } from "./run-lines.ts";
import type { TreeParts } from "./supervisor.ts";
import { threadHost } from "./thread-host.ts";

/** What each actor of a runtime's tree stands on. */
export function treePartsOf(assembly: Assembly): TreeParts {
  const { links, hub, store, membership, commits, registry, enqueuer, loop, hold } = assembly;
  const { collector, threads, notes, host, ask, bus, commands, forgets, logStore } = assembly;
  const { clock, logger, log, retention, concurrency } = assembly.settings;
  const started = () => membership.joined;
  const forget = (ids: readonly string[]) => void assembly.forget(ids, undefined);
  return {
    links,
    queue: { links, hub, logger, store, membership, commits, forget },
    logSink: {
      ...{ logger, collector, store: logStore, forgets },
      ...{ commitTimeoutMs: log.commitTimeoutMs, retention: log.retention },
    },
    pool: { links, hub, logger, registry, collector, ...threadHost(threads, enqueuer, notes) },
    dispatcher: {
      ...{ links, hub, logger, clock, random: assembly.random, registry, loop, threads },
      ...{ concurrency, commands },
      behind: () => hold.held || collector.behind(),
      onRoom: (action) => void hold.released().then(() => collector.room().then(action)),
      stopping: () => host.stop(),
      flushNotes: () => notes.flush(),
      lines: log.runs ? new RunLines(logger) : undefined,
      host,
      started: { before: false },
    },
    bus: busParts(assembly),
    commands: { links, logger, ask, read: assembly.local.read, registry, started },
    hooks: assembly.hooks,
    scheduler: { logger, ask, firing: assembly.firing, started },
    janitor: {
      ...{ links, hub, logger, ask, membership, retention, host: hostname(), forget },
      commands,
      busy: () =>
        loop.active + threads.stats().flying + commands.loop.active > 0 || bus.follows.delivers,
    },
    gateway: assembly.gateway,
    dropped: () => assembly.system.deadLetters().dropped,
  };
}
