import { ErgateError, messageOf } from "../lib/base/error.ts";
import { idMaker, type NewId } from "../lib/base/id.ts";
import { limits } from "../lib/base/limits.ts";
import type { Random } from "../lib/base/random.ts";
import type { Runtime } from "../lib/client/client.ts";
import type { FiringParts } from "../lib/client/firing.ts";
import { createGate, type Gate } from "../lib/client/gate.ts";
import { createHub } from "../lib/client/hub.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import { Commands } from "../lib/command/commands.ts";
import { Loop } from "../lib/job/loop.ts";
import { Middlewares } from "../lib/job/middleware.ts";
import type { Registry } from "../lib/job/registry.ts";
import type { System } from "../lib/kernel/system.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import { Forgets } from "../lib/log/forgets.ts";
import type { LogStore } from "../lib/log/store.ts";
import type { NewWorker } from "../lib/protocol/write.ts";
import type { JobStore } from "../lib/store/store.ts";
import { LazyThreads, type MakeThreads } from "../lib/thread/lazy.ts";
import { WrappedThreads } from "../lib/thread/wrapped.ts";
import { type AskQueue, askQueue } from "./ask.ts";
import { createBus } from "./bus-parts.ts";
import { CommandHost } from "./command-host.ts";
import { CommitFacts } from "./commit-facts.ts";
import { declarationsOf, digestOf, registryOf, runnable } from "./declarations.ts";
import { Enqueuer } from "./enqueuer.ts";
import { figuresOf } from "./figures.ts";
import { firingParts } from "./firings.ts";
import { type GatewayParts, gatewayParts } from "./gateway.ts";
import { Hold } from "./hold.ts";
import { hookParts } from "./hook-parts.ts";
import { localParts } from "./local-parts.ts";
import { createCollector, openLogs } from "./log-parts.ts";
import { LoopHost } from "./loop-host.ts";
import { type Machine, ownMachine } from "./machine.ts";
import { Membership } from "./membership.ts";
import { Notes } from "./notes.ts";
import type { Settings } from "./options.ts";
import { noLinks, startTree } from "./supervisor.ts";
import { treePartsOf } from "./tree-parts.ts";
import { within } from "./within.ts";
import { wording } from "./wording.ts";
import { newWorker } from "./worker-record.ts";

/** Everything of one runtime, put together once: its actors run, its threads are not started. */
export class Assembly {
  readonly settings: Settings;
  readonly store: JobStore;
  readonly system: System;
  readonly links = noLinks();
  readonly hub = createHub();
  readonly gate: Gate;
  readonly registry: Registry;
  readonly membership: Membership;
  readonly commits: CommitFacts;
  readonly middlewares = new Middlewares();
  readonly loop: Loop;
  readonly enqueuer: Enqueuer;
  readonly local: LocalParts;
  readonly firing: FiringParts;
  readonly gateway: GatewayParts;
  readonly bus: ReturnType<typeof createBus>;
  /** Set by who makes the face of it. */
  runtime: Runtime | undefined;
  /** While it is held, nothing is claimed. */
  readonly hold = new Hold();
  readonly random: Random;
  readonly newId: NewId;
  readonly ask: AskQueue;
  readonly collector: LogCollector;
  readonly logStore: LogStore;
  readonly threads: WrappedThreads;
  readonly notes: Notes;
  readonly hooks: ReturnType<typeof hookParts>;
  readonly forgets = new Forgets();
  readonly host: LoopHost;
  readonly commands: CommandHost;
  #unwatch = () => {};
  #closed = false;

  constructor(settings: Settings, store: JobStore, machine: Machine = ownMachine()) {
    const { clock, logger } = settings;
    const { links } = this;
    this.settings = settings;
    this.store = store;
    this.commits = new CommitFacts(clock);
    this.random = machine.random;
    this.newId = idMaker(clock, this.random);
    this.registry = registryOf(settings);
    this.system = machine.system(settings);
    this.collector = createCollector(settings, links);
    this.logStore = openLogs(settings);
    this.threads = this.#createThreads(machine.makeThreads);
    this.membership = new Membership(() => this.#newWorker());
    this.ask = askQueue(() => this.system, links);
    this.gate = createGate((jobs) =>
      this.system.ask(links.queue, "enqueue", { jobs }, limits.askTimeoutMs),
    );
    this.local = this.#localParts();
    this.hooks = hookParts(settings, this.random, this.local, this.membership);
    this.firing = firingParts(this.local, logger);
    this.bus = createBus(this);
    this.gateway = gatewayParts({
      ...{ settings, newId: this.newId },
      runtime: () => this.runtime as Runtime,
      figures: () => figuresOf(this, this.collector),
    });
    const { tracing } = machine;
    this.enqueuer = new Enqueuer({ ...this.local, durability: store.durability, logger, tracing });
    this.notes = new Notes(clock, links);
    const host = { collector: this.collector, notes: this.notes, locks: this.local.locks };
    this.host = new LoopHost({ ...host, enqueuer: this.enqueuer });
    this.loop = new Loop(clock, this.host, this.middlewares);
    this.commands = new CommandHost({
      ...{ clock, collector: this.collector, tools: this.host, middlewares: this.middlewares },
      commands: machine.commands ?? new Commands({ clock }),
      workerId: () => this.membership.id ?? "",
    });
    startTree(this.system, treePartsOf(this));
  }

  /** What the handlers' `ctx` has beside its own. */
  async provideContext(runtime: Runtime): Promise<void> {
    const { settings } = this;
    if (settings.context === undefined) return;
    try {
      this.host.base = await settings.context(runtime);
    } catch (cause) {
      const message = `the context function failed: ${messageOf(cause)}`;
      throw new ErgateError("ERR_ERGATE_CONTEXT", message, { path: "context", cause });
    }
  }

  async load(names: readonly string[]): Promise<void> {
    await this.system.ask(this.links.pool, "load", { names }, limits.loadMs);
  }

  async join(): Promise<void> {
    const declarations = declarationsOf(this.registry.own(), this.settings.queues);
    const entry = { worker: this.#newWorker(), declarations };
    await this.system.ask(this.links.queue, "join", entry, limits.askTimeoutMs);
  }

  async leave(): Promise<void> {
    await this.system.ask(this.links.queue, "leave", {}, limits.leaveMs);
  }

  /** Listens to other processes on the same file. */
  followOthers(): void {
    const { links } = this;
    this.#unwatch = this.store.watch(() => {
      const { queue, scheduler, commands, hooks, bus } = links;
      for (const one of [queue, scheduler, commands, hooks, bus]) one.tell({ type: "look" });
    });
    links.queue.tell({ type: "look" });
  }

  async close(): Promise<void> {
    this.#unwatch();
    this.#closed = true;
    this.hub.close();
    // Who follows a log elsewhere takes it for whole once nobody else is a worker.
    await within(this.settings.clock, limits.logCommitMs, this.collector.flush());
    await this.leave().catch(() => undefined);
    await this.system.close(limits.actorGraceMs);
    await this.threads.close(0);
    await this.commands.close();
    await this.logStore.close();
    await this.store.close();
  }

  #createThreads(make: MakeThreads | undefined): WrappedThreads {
    const { threads, clock, recycleAfter, resourceLimits } = this.settings;
    const own = new LazyThreads({ threads, clock, recycleAfter, resourceLimits }, make);
    return new WrappedThreads(own, {
      clock,
      middlewares: this.middlewares,
      flushLog: () => this.collector.flush(),
    });
  }

  #localParts(): LocalParts {
    const { settings, registry, hub, gate, store, membership } = this;
    return localParts({
      ...{ settings, registry, hub, gate, store, membership },
      forget: (ids, at) => this.forget(ids, at),
      newId: this.newId,
      ask: this.ask,
      collector: this.collector,
      logStore: this.logStore,
      closed: () => this.#closed,
    });
  }

  /** Deletes the lines of deleted jobs. */
  async forget(ids: readonly string[], at: number | undefined): Promise<void> {
    const done = this.forgets.add(ids, at);
    this.links.logSink.tell({ type: "forget" });
    if (done === undefined) this.settings.logger.warn({ jobs: ids.length }, wording.unforgotten);
    await done;
  }

  #newWorker(): NewWorker {
    const { schedules } = this.settings;
    const declared = schedules && digestOf(schedules);
    return newWorker(this.settings, this.newId(), runnable(this.registry), declared);
  }
}
