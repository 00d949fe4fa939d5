import { durationMs } from "../lib/base/duration.ts";
import { ErgateError } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { Runtime } from "../lib/client/client.ts";
import { events } from "../lib/client/events.ts";
import { localJobs } from "../lib/client/jobs.ts";
import type { RuntimeOptions } from "../lib/client/options.ts";
import { localQueues } from "../lib/client/queues.ts";
import { awaitResult } from "../lib/client/result.ts";
import { createWatch } from "../lib/client/watch.ts";
import { registry, storedForm } from "../lib/job/registry.ts";
import { type Assembly, assemble } from "./assembly.ts";
import { openStore } from "./open-store.ts";
import { parseOptions } from "./options.ts";
import { statsView } from "./stats-view.ts";

/**
 * Opens the storage and makes a runtime that may enqueue at once, and runs jobs after `start()`.
 * Rejects with an ErgateError: ERR_ERGATE_OPTION and others with the path of a bad option,
 * ERR_ERGATE_STORE_… for what is wrong with the file.
 */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const settings = parseOptions(options);
  const assembly = assemble(settings, await openStore(settings));
  return face(assembly);
}

type Phase = "new" | "starting" | "started" | "stopping";

function face(assembly: Assembly): Runtime {
  const { system, local, enqueuer, settings, hub, links } = assembly;
  const watch = createWatch({ clock: settings.clock, hub, read: local.read, watch: local.watch });
  let phase: Phase = "new";
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const runtime: Runtime = {
    jobs: localJobs(local),
    queues: localQueues(local),
    workers: { list: async () => [...(await local.read({ type: "workers" }))] },
    failed: system.failed,
    enqueue: (job, args, enqueueOptions) => enqueuer.one(job, args, enqueueOptions),
    enqueueMany: (requests) => enqueuer.many(requests),
    async enqueueAndWait(job, args, waitOptions = {}) {
      const { timeout, ...enqueueOptions } = waitOptions;
      const { id } = await enqueuer.one(job, args, enqueueOptions);
      return runtime.result(id, waitOptions);
    },
    result: <Result>(id: string, resultOptions = {}) =>
      awaitResult(local, id, resultOptions) as Promise<Result>,
    events: (eventOptions) => events(hub, watch, eventOptions),
    stats: () => statsView(assembly),
    health: () => local.read({ type: "health" }),
    backup: (file) => assembly.store.backup(file),
    actors: () => system.actors(),
    register: (...jobs) => register(jobs),
    start() {
      if (phase === "stopping") return Promise.reject(stopped());
      starting ??= start();
      return starting;
    },
    stop({ graceMs = limits.stopGraceMs } = {}) {
      try {
        stopping ??= stop(durationMs(graceMs, "graceMs"));
        return stopping;
      } catch (error) {
        return Promise.reject(error);
      }
    },
    [Symbol.asyncDispose]: () => runtime.stop(),
  };
  return runtime;

  async function start(): Promise<void> {
    phase = "starting";
    try {
      await assembly.provideContext(runtime);
      const names = assembly.registry.all().map(({ name }) => name);
      await Promise.all([assembly.load(names), assembly.join()]);
      if (phase !== "starting") throw stopped();
      assembly.followOthers();
      phase = "started";
      await system.ask(links.dispatcher, "start", {}, limits.askTimeoutMs);
      links.scheduler.tell({ type: "look" });
    } catch (error) {
      if (phase === "starting") {
        phase = "new";
        starting = undefined;
        await assembly.leave().catch(() => undefined);
      }
      throw error;
    }
  }

  async function register(jobs: readonly object[]): Promise<void> {
    if (phase === "stopping") throw stopped();
    // All or none: a trial of all of them comes before the first is taken.
    const trial = registry(settings.defaults);
    for (const known of assembly.registry.all()) trial.add(known, known.name);
    jobs.forEach((job, at) => void trial.add(job, `jobs[${at}]`));
    const added = jobs.map((job, at) => assembly.registry.add(job, `jobs[${at}]`));
    if (phase === "new") return;
    await starting;
    await assembly.load(added.map(({ name }) => name));
    const definitions = added.map(storedForm);
    await local.ask({ type: "declare", definitions, now: settings.clock.now() });
    assembly.membership.declared(definitions);
    links.dispatcher.tell({ type: "registered" });
  }

  /** Work first, then the lines it wrote, then the place in the file, then everything else. */
  async function stop(graceMs: number): Promise<void> {
    const before = phase;
    phase = "stopping";
    if (before === "starting") await starting?.catch(() => undefined);
    if (before !== "new") {
      const waitMs = graceMs + limits.askTimeoutMs;
      await system.ask(links.dispatcher, "stop", { graceMs }, waitMs).catch(() => undefined);
    }
    assembly.gate.close();
    await assembly.close();
  }
}

function stopped(): ErgateError {
  return new ErgateError("ERR_ERGATE_STOPPED", "the runtime is stopping or stopped");
}
