import { hostname } from "node:os";
import { ErgateError } from "../lib/base/error.ts";
import type { NewId } from "../lib/base/id.ts";
import { limits } from "../lib/base/limits.ts";
import type { Gate } from "../lib/client/gate.ts";
import type { Hub } from "../lib/client/hub.ts";
import { LockKeeper } from "../lib/client/lock-keeper.ts";
import type { LocalLogs, LocalParts } from "../lib/client/parts.ts";
import { createRequests, type Requests } from "../lib/client/requests.ts";
import { parseDefinition } from "../lib/job/definition.ts";
import { optionError } from "../lib/job/fields.ts";
import type { JobId } from "../lib/job/job.ts";
import type { Registry, StoredDefinition } from "../lib/job/registry.ts";
import { parseUnique } from "../lib/job/unique.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import type { LogStore } from "../lib/log/store.ts";
import type { JobStore } from "../lib/store/store.ts";
import type { AskQueue } from "./ask.ts";
import type { Membership } from "./membership.ts";
import type { Settings } from "./options.ts";
import { within } from "./within.ts";

/**
 * Deletes the lines of deleted jobs, and resolves when they are gone or were given up. `at`: when
 * the jobs were deleted, if others may have lines of them on the way.
 */
export type ForgetLines = (ids: readonly string[], at: number | undefined) => Promise<void>;

export interface LocalWiring {
  settings: Settings;
  newId: NewId;
  registry: Registry;
  hub: Hub;
  gate: Gate;
  ask: AskQueue;
  store: JobStore;
  collector: LogCollector;
  logStore: LogStore;
  membership: Membership;
  forget: ForgetLines;
  /** Whether the runtime has stopped: then its stores are asked nothing more. */
  closed(): boolean;
}

/** The waist that the client stands on, over one runtime's actors and stores. */
export function localParts(wiring: LocalWiring): LocalParts {
  const { settings, hub, gate, ask, store, closed, forget, membership } = wiring;
  const parts = {
    clock: settings.clock,
    hub,
    gate,
    requests: requestsOf(wiring),
    newId: wiring.newId,
    read: reading(wiring),
    async backup(file: string) {
      if (closed()) throw stopped();
      if (typeof file !== "string" || file === "") throw optionError("file", "must be a path");
      return store.backup(file);
    },
    ask,
    logs: logsOf(wiring),
    forget: (ids: readonly string[]) =>
      within(settings.clock, limits.logCommitMs, forget(ids, settings.clock.now())),
    watch: (heard: () => void) => watch(wiring, heard),
    bell: (heard: () => void) => store.watch(heard),
    holder: (jobId: JobId | undefined) => holderText(membership, jobId),
  };
  return { ...parts, locks: new LockKeeper(parts) };
}

function holderText({ id }: Membership, jobId: JobId | undefined): string {
  const worker = id === undefined ? "" : `, worker ${id}`;
  return `${hostname()}, pid ${process.pid}${worker}${jobId === undefined ? "" : `, job ${jobId}`}`;
}

/** Lines that wait here are stored first. */
function logsOf(wiring: LocalWiring): LocalLogs {
  const { collector, logStore, closed, membership } = wiring;
  const stored = async () => {
    if (closed()) throw stopped();
    await collector.flush().catch(() => undefined);
  };
  return {
    read: (query) => stored().then(() => logStore.read(query)),
    search: (text, query) => stored().then(() => logStore.search(text, query)),
    watch: (id, written) => collector.watchers.watch(id, written),
    async alone() {
      const workers = await reading(wiring)({ type: "workers" });
      return workers.every(({ id, alive }) => alive === false || id === membership.id);
    },
  };
}

function reading({ store, closed }: LocalWiring): LocalParts["read"] {
  return (query) => (closed() ? Promise.reject(stopped()) : store.read(query));
}

/**
 * Others ring the bell only for runtimes that joined: one that never started looks often instead.
 */
function watch({ settings, store, membership }: LocalWiring, heard: () => void): () => void {
  const unwatch = store.watch(heard);
  const tick = () => {
    if (!membership.joined) heard();
    timer = arm();
  };
  const arm = () => settings.clock.after(limits.eventsPollMs, tick, true);
  let timer = membership.joined ? undefined : arm();
  return () => {
    unwatch();
    timer?.cancel();
  };
}

function requestsOf(wiring: LocalWiring): Requests {
  const { settings, newId, registry } = wiring;
  const { maxAttempts = limits.maxAttempts, priority = 0 } = settings.defaults;
  const defaults: StoredDefinition = {
    name: "",
    queue: "",
    priority,
    maxAttempts,
    timeoutMs: undefined,
    crashLimit: limits.crashLimit,
    unique: parseUnique(settings.defaults.unique, "defaults.unique"),
    hook: parseDefinition({ ...settings.defaults, name: "defaults" }, "defaults").hook,
  };
  const hookRules = settings.hooks.rules;
  const facts = { clock: settings.clock, newId, payloadBytes: limits.payloadBytes, hookRules };
  const read = reading(wiring);
  const stored = (name: string) => read({ type: "definition", name });
  return createRequests({ ...facts, registry, stored, defaults });
}

function stopped(): ErgateError {
  return new ErgateError("ERR_ERGATE_STOPPED", "the runtime is stopped");
}
