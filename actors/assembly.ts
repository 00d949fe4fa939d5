import { hostname } from "node:os";
import { ErgateError, messageOf } from "../lib/base/error.ts";
import { idMaker, type NewId } from "../lib/base/id.ts";
import { limits } from "../lib/base/limits.ts";
import { systemRandom } from "../lib/base/random.ts";
import { version } from "../lib/base/version.ts";
import type { Runtime } from "../lib/client/client.ts";
import { createGate, type Gate } from "../lib/client/gate.ts";
import { createHub, type Hub } from "../lib/client/hub.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import { createRequests } from "../lib/client/requests.ts";
import { Loop } from "../lib/job/loop.ts";
import { registry as createRegistry, type Registry, storedForm } from "../lib/job/registry.ts";
import { System } from "../lib/kernel/system.ts";
import { LogCollector } from "../lib/log/collector.ts";
import { type LogStore, openLogStore } from "../lib/log/store.ts";
import type { NewWorker } from "../lib/protocol/write.ts";
import type { JobStore } from "../lib/store/store.ts";
import { type LazyThreads, lazyThreads } from "../lib/thread/lazy.ts";
import { askQueue } from "./ask.ts";
import { Enqueuer } from "./enqueuer.ts";
import type { Links } from "./links.ts";
import { LoopHost } from "./loop-host.ts";
import { Membership } from "./membership.ts";
import { Notes } from "./notes.ts";
import type { Settings } from "./options.ts";
import { nobody, startTree } from "./supervisor.ts";
import { threadHost } from "./thread-host.ts";
import { wording } from "./wording.ts";

/** Everything of one runtime, put together once. */
export interface Assembly {
  readonly settings: Settings;
  readonly store: JobStore;
  readonly system: System;
  readonly links: Links;
  readonly hub: Hub;
  readonly gate: Gate;
  readonly registry: Registry;
  readonly membership: Membership;
  readonly loop: Loop;
  readonly enqueuer: Enqueuer;
  readonly local: LocalParts;
  provideContext(runtime: Runtime): Promise<void>;
  load(names: readonly string[]): Promise<void>;
  join(): Promise<void>;
  leave(): Promise<void>;
  /** Listens to other processes on the same file. */
  followOthers(): void;
  close(): Promise<void>;
}

export function assemble(settings: Settings, store: JobStore): Assembly {
  const { clock, logger, namespace, storage } = settings;
  const random = systemRandom();
  const newId = idMaker(clock, random);
  const registry = createRegistry(settings.defaults);
  settings.jobs.forEach((job, at) => void registry.add(job, `jobs[${at}]`));
  const hub = createHub();
  const links = noLinks();
  const system = createSystem(settings);
  const collector = createCollector(settings, links);
  const file = storage.file === ":memory:" ? storage.file : `${storage.file}-logs`;
  const logStore = openLogStore({ file, namespace, place: storage.place });
  const { threads: count, recycleAfter, resourceLimits } = settings;
  const threads = lazyThreads({ threads: count, clock, recycleAfter, resourceLimits });
  const membership = new Membership(() => newWorker(settings, newId));
  const ask = askQueue(() => system, links);
  const gate = createGate((jobs) =>
    system.ask(links.queue, "enqueue", { jobs }, limits.askTimeoutMs),
  );
  const local = localParts();
  const enqueuer = new Enqueuer({ ...local, durability: store.durability, logger });
  const notes = new Notes(clock, links);
  const host = new LoopHost({ collector, notes, enqueuer });
  const loop = new Loop(clock, host);
  let unwatch = () => {};
  let closed = false;

  startTree(system, {
    links,
    queue: { links, hub, logger, store, membership },
    logSink: { logger, collector, store: logStore, commitTimeoutMs: settings.log.commitTimeoutMs },
    pool: { links, hub, logger, registry, collector, ...threadHost(threads, enqueuer, notes) },
    dispatcher: {
      ...{ links, hub, logger, clock, random, registry, loop, threads },
      concurrency: settings.concurrency,
      behind: () => collector.behind(),
      onRoom: (action) => void collector.room().then(action),
      stopping: () => host.stop(),
      flushNotes: () => notes.flush(),
      followersOf: (run) => host.followersOf(run),
      beforeEnd: (run) => host.beforeEnd(run),
      started: { before: false },
    },
    janitor: {
      ...{ links, hub, logger, ask, membership, retention: settings.retention },
      busy: () => loop.active + threads.stats().flying > 0,
    },
    dropped: () => system.deadLetters().dropped,
    started: () => membership.joined,
  });

  return {
    ...{ settings, store, system, links, hub, gate, registry, membership, loop, enqueuer, local },
    provideContext: (runtime) => provideContext(settings, host, runtime),
    load: (names) => load(system, links, names),
    async join() {
      const definitions = registry.all().map(storedForm);
      const worker = newWorker(settings, newId);
      await system.ask(links.queue, "join", { worker, definitions }, limits.askTimeoutMs);
    },
    leave: () => leave(system, links),
    followOthers() {
      unwatch = store.watch(() => {
        links.queue.tell({ type: "look" });
        links.scheduler.tell({ type: "look" });
      });
      links.queue.tell({ type: "look" });
    },
    async close() {
      unwatch();
      closed = true;
      hub.close();
      await leave(system, links).catch(() => undefined);
      await system.close(limits.actorGraceMs);
      await closeAll(threads, logStore, store);
    },
  };

  function localParts(): LocalParts {
    const facts = { clock, newId, payloadBytes: limits.payloadBytes };
    const { maxAttempts = limits.maxAttempts, priority = 0 } = settings.defaults;
    const unknown = {
      name: "",
      queue: "",
      priority,
      maxAttempts,
      timeoutMs: undefined,
      crashLimit: limits.crashLimit,
    };
    const stored = (name: string) => store.read({ type: "definition", name });
    return {
      clock,
      hub,
      gate,
      requests: createRequests({ ...facts, registry, stored, defaults: unknown }),
      read: (query) => (closed ? Promise.reject(stopped()) : store.read(query)),
      ask,
      async logs(id, options) {
        if (closed) throw stopped();
        await collector.flush().catch(() => undefined);
        return logStore.read({ id, ...options });
      },
      forget: (ids) => void links.logSink.tell({ type: "forget", ids }),
      watch: (heard) => store.watch(heard),
    };
  }
}

function stopped(): ErgateError {
  return new ErgateError("ERR_ERGATE_STOPPED", "the runtime is stopped");
}

async function closeAll(threads: LazyThreads, logStore: LogStore, store: JobStore): Promise<void> {
  await threads.close(0);
  await logStore.close();
  await store.close();
}

async function leave(system: System, links: Links): Promise<void> {
  await system.ask(links.queue, "leave", {}, limits.leaveMs);
}

async function load(system: System, links: Links, names: readonly string[]): Promise<void> {
  await system.ask(links.pool, "load", { names }, limits.loadMs);
}

async function provideContext(settings: Settings, host: LoopHost, runtime: Runtime): Promise<void> {
  if (settings.context === undefined) return;
  try {
    host.base = await settings.context(runtime);
  } catch (cause) {
    const message = `the context function failed: ${messageOf(cause)}`;
    throw new ErgateError("ERR_ERGATE_CONTEXT", message, { path: "context", cause });
  }
}

function newWorker(settings: Settings, newId: NewId): NewWorker {
  const { clock, concurrency, threads } = settings;
  const now = clock.now();
  const leaseUntil = now + limits.leaseMs;
  const { pid } = process;
  return {
    id: newId(),
    host: hostname(),
    pid,
    version,
    concurrency,
    threads,
    startedAt: now,
    leaseUntil,
  };
}

function createSystem({ clock, logger }: Settings): System {
  return new System({
    clock,
    dispatch: (turn) => void setImmediate(turn),
    trace: {
      crashed: (path, error) => logger.error({ err: error }, wording.crashed(path, error)),
      restarted: (path, restarts) => logger.warn({ path }, wording.restarted(path, restarts)),
    },
  });
}

function createCollector({ clock, log }: Settings, links: Links): LogCollector {
  return new LogCollector({
    clock,
    wake: () => void links.logSink.tell({ type: "lines" }),
    level: log.level,
    batchLines: log.batchSize,
  });
}

function noLinks(): Links {
  return {
    queue: nobody("queue"),
    dispatcher: nobody("dispatcher"),
    scheduler: nobody("scheduler"),
    stats: nobody("stats"),
    logSink: nobody("log-sink"),
    pool: nobody("pool"),
  };
}
