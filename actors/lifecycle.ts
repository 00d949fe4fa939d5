import type { Duration } from "../lib/base/duration.ts";
import { ErgateError } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { Runtime } from "../lib/client/client.ts";
import { reconcile } from "../lib/client/reconcile.ts";
import type { JobDefinition } from "../lib/job/definition.ts";
import { Fields } from "../lib/job/fields.ts";
import { registry } from "../lib/job/registry.ts";
import type { Address } from "../lib/protocol/gateway.ts";
import type { Assembly } from "./assembly.ts";
import { haltBus } from "./bus-parts.ts";
import { checkStored, declareCommands } from "./command-names.ts";
import { declarationsOf, runnable } from "./declarations.ts";

type Phase = "new" | "starting" | "started" | "stopping";

/** Starts and stops a runtime, once each, and takes in jobs at any time before its stop. */
export class Lifecycle {
  readonly #assembly: Assembly;
  /** Where the HTTP server listens. */
  listening: Address | undefined;
  #phase: Phase = "new";
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(assembly: Assembly) {
    this.#assembly = assembly;
  }

  /** From the call of `stop` on. */
  get ends(): boolean {
    return this.#phase === "stopping";
  }

  /** `runtime` is what the context function of the options gets. */
  start(runtime: Runtime): Promise<void> {
    if (this.#phase === "stopping") return Promise.reject(stopped());
    this.#starting ??= this.#start(runtime);
    return this.#starting;
  }

  stop(options: { graceMs?: Duration } = {}): Promise<void> {
    try {
      const graceMs = new Fields(options, "", ["graceMs"]).durationMs("graceMs");
      this.#stopping ??= this.#stop(graceMs ?? limits.stopGraceMs);
      return this.#stopping;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async register(jobs: readonly object[]): Promise<void> {
    if (this.#phase === "stopping") throw stopped();
    const added = this.#add(jobs);
    if (this.#phase === "new") return;
    await this.#starting;
    const { local, settings, membership, links } = this.#assembly;
    await this.#assembly.load(added.map(({ name }) => name));
    const declarations = declarationsOf(added, []);
    await local.ask({
      type: "declare",
      ...declarations,
      jobs: runnable(this.#assembly.registry),
      now: settings.clock.now(),
    });
    membership.declared(declarations);
    links.dispatcher.tell({ type: "registered" });
  }

  async #start(runtime: Runtime): Promise<void> {
    this.#phase = "starting";
    try {
      await this.#enter(runtime);
    } catch (error) {
      if (this.#phase === "starting") {
        this.#phase = "new";
        this.#starting = undefined;
        this.listening = undefined;
        const { system, links } = this.#assembly;
        const closed = system.ask(links.gateway, "close", {}, limits.askTimeoutMs);
        await Promise.allSettled([closed, this.#assembly.leave()]);
      }
      throw error;
    }
  }

  async #enter(runtime: Runtime): Promise<void> {
    const { system, links, registry, settings, firing } = this.#assembly;
    await this.#assembly.provideContext(runtime);
    await checkStored(this.#assembly.local.read, this.#assembly.registry);
    const names = registry.all().map(({ name }) => name);
    const { bus } = this.#assembly;
    await Promise.all([this.#assembly.load(names), this.#assembly.join(), bus.ready()]);
    if (this.#phase !== "starting") throw stopped();
    const { local } = this.#assembly;
    const { commands, clock } = settings;
    if (commands !== undefined) await declareCommands(local.ask, commands, clock.now());
    const { schedules, commandSchedules } = settings;
    if (schedules !== undefined) await reconcile(firing, "schedules", schedules);
    if (commandSchedules !== undefined) await reconcile(firing, "commands", commandSchedules);
    if (this.#phase !== "starting") throw stopped();
    // Before anything runs: where a port is taken nothing is left behind.
    if (settings.http?.listens === true) {
      this.listening = await system.ask(links.gateway, "open", {}, limits.askTimeoutMs);
    }
    if (this.#phase !== "starting") throw stopped();
    this.#assembly.followOthers();
    await system.ask(links.commands, "follow", {}, limits.askTimeoutMs);
    if (this.#phase !== "starting") throw stopped();
    this.#phase = "started";
    await system.ask(links.dispatcher, "start", {}, limits.askTimeoutMs);
    links.scheduler.tell({ type: "look" });
    links.hooks.tell({ type: "look" });
    links.bus.tell({ type: "look" });
    // What a crash left behind runs again at once, not with the next probe.
    links.janitor.tell({ type: "probe" });
  }

  /** Work first, then the lines it wrote, then the place in the file, then everything else. */
  async #stop(graceMs: number): Promise<void> {
    const { system, links, gate } = this.#assembly;
    const before = this.#phase;
    this.#phase = "stopping";
    if (before === "starting") await this.#starting?.catch(() => undefined);
    this.listening = undefined;
    const delivered = haltBus(this.#assembly, graceMs);
    const closed = system.ask(links.gateway, "close", {}, limits.askTimeoutMs);
    if (before !== "new") {
      const waitMs = graceMs + limits.askTimeoutMs;
      await system.ask(links.dispatcher, "stop", { graceMs }, waitMs).catch(() => undefined);
    }
    await closed.catch(() => undefined);
    await delivered;
    gate.close();
    await this.#assembly.close();
  }

  /** All or none: a trial of all of them comes before the first is taken. */
  #add(jobs: readonly object[]): JobDefinition[] {
    const { registry: known, settings } = this.#assembly;
    const trial = registry(settings.defaults);
    for (const definition of known.all()) trial.add(definition, definition.name);
    jobs.forEach((job, at) => void trial.add(job, `jobs[${at}]`));
    return jobs.map((job, at) => known.add(job, `jobs[${at}]`));
  }
}

function stopped(): ErgateError {
  return new ErgateError("ERR_ERGATE_STOPPED", "the runtime is stopping or stopped");
}
