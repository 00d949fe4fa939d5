import { busClient } from "../lib/client/bus.ts";
import type { Client, Runtime } from "../lib/client/client.ts";
import { localCommands } from "../lib/client/commands.ts";
import { events } from "../lib/client/events.ts";
import { waitGiven } from "../lib/client/given.ts";
import { localHooks } from "../lib/client/hooks.ts";
import { localJobs } from "../lib/client/jobs.ts";
import { localLocks } from "../lib/client/locks.ts";
import { localLogs } from "../lib/client/logs.ts";
import type { RuntimeOptions } from "../lib/client/options.ts";
import { localQueues } from "../lib/client/queues.ts";
import { awaitResult } from "../lib/client/result.ts";
import { localSchedules } from "../lib/client/schedules.ts";
import { createWatch } from "../lib/client/watch.ts";
import { explain } from "../lib/client/why.ts";
import { listWorkers } from "../lib/client/workers.ts";
import { Assembly } from "./assembly.ts";
import { Lifecycle } from "./lifecycle.ts";
import { ownMachine } from "./machine.ts";
import { openStore } from "./open-store.ts";
import { parseOptions } from "./options.ts";
import { readinessOf } from "./readiness.ts";
import { statsView } from "./stats-view.ts";
import { findTracing } from "./tracing.ts";

/**
 * Opens the storage and makes a runtime that may enqueue at once, and runs jobs after `start()`.
 * Rejects with an ErgateError: ERR_ERGATE_OPTION and others with the path of a bad option,
 * ERR_ERGATE_STORE_… for what is wrong with the file.
 */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const settings = parseOptions(options);
  const store = await openStore(settings);
  try {
    const tracing = await findTracing();
    const assembly = new Assembly(settings, store, { ...ownMachine(), tracing });
    if (tracing !== undefined) assembly.middlewares.use(tracing.run);
    return runtimeOf(assembly);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Functions that may be taken off it, as users take `enqueue`. */
export function runtimeOf(assembly: Assembly): Runtime {
  const { system } = assembly;
  const lifecycle = new Lifecycle(assembly);
  const runtime: Runtime = {
    ...clientOf(assembly),
    failed: system.failed,
    get listening() {
      return lifecycle.listening;
    },
    fetch: async (request) => (await assembly.gateway.face()).fetch(request),
    actors: () => system.actors(),
    readiness: () => readinessOf(assembly, lifecycle.ends),
    register: (...jobs) => lifecycle.register(jobs),
    use: (middleware) => assembly.middlewares.use(middleware),
    start: () => lifecycle.start(runtime),
    stop: (stopOptions) => lifecycle.stop(stopOptions),
    [Symbol.asyncDispose]: () => runtime.stop(),
  };
  assembly.runtime = runtime;
  return runtime;
}

function clientOf(assembly: Assembly): Client {
  const { local, enqueuer, settings, hub, firing } = assembly;
  const watch = createWatch({ clock: settings.clock, hub, read: local.read, watch: local.watch });
  const client: Client = {
    jobs: localJobs(local),
    queues: localQueues(local),
    schedules: localSchedules(firing),
    locks: localLocks(local),
    bus: busClient(assembly.bus),
    logs: localLogs(local),
    commands: localCommands({
      ...{ ...local, registry: assembly.registry },
      enqueue: (...call) => client.enqueue(...call),
    }),
    hooks: localHooks({ ...local, hookRules: settings.hooks.rules }),
    workers: { list: () => listWorkers(local) },
    why: (id) => explain(local, id),
    enqueue: (job, args, enqueueOptions) => enqueuer.one(job, args, enqueueOptions),
    enqueueMany: (requests) => enqueuer.many(requests),
    async enqueueAndWait(job, args, waitOptions = {}) {
      const { timeout, ...enqueueOptions } = waitOptions;
      const { signal } = enqueueOptions;
      // Before the job is there: a wait that is refused must leave none behind.
      const wait = waitGiven({
        ...(timeout === undefined ? {} : { timeout }),
        ...(signal === undefined ? {} : { signal }),
      });
      const { id } = await enqueuer.one(job, args, enqueueOptions);
      return client.result(id, wait);
    },
    result: <Result>(id: string, resultOptions = {}) =>
      awaitResult(local, id, resultOptions) as Promise<Result>,
    events: (eventOptions) => events(local, watch, eventOptions),
    stats: () => statsView(assembly),
    health: () => local.read({ type: "health" }),
    backup: (file) => local.backup(file),
  };
  return client;
}
