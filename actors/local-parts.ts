import { ErgateError } from "../lib/base/error.ts";
import type { NewId } from "../lib/base/id.ts";
import { limits } from "../lib/base/limits.ts";
import type { Gate } from "../lib/client/gate.ts";
import type { Hub } from "../lib/client/hub.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import { createRequests, type Requests } from "../lib/client/requests.ts";
import type { Registry, StoredDefinition } from "../lib/job/registry.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import type { LogStore } from "../lib/log/store.ts";
import type { JobStore } from "../lib/store/store.ts";
import type { AskQueue } from "./ask.ts";
import type { Links } from "./links.ts";
import type { Membership } from "./membership.ts";
import type { Settings } from "./options.ts";

export interface LocalWiring {
  settings: Settings;
  newId: NewId;
  registry: Registry;
  hub: Hub;
  links: Links;
  gate: Gate;
  ask: AskQueue;
  store: JobStore;
  collector: LogCollector;
  logStore: LogStore;
  membership: Membership;
  /** Whether the runtime has stopped: then its stores are asked nothing more. */
  closed(): boolean;
}

/** The waist that the client stands on, over one runtime's actors and stores. */
export function localParts(wiring: LocalWiring): LocalParts {
  const { settings, hub, links, gate, ask, store, collector, logStore, closed } = wiring;
  return {
    clock: settings.clock,
    hub,
    gate,
    requests: requestsOf(wiring),
    read: reading(wiring),
    backup: (file) => (closed() ? Promise.reject(stopped()) : store.backup(file)),
    ask,
    async logs(id, options) {
      if (closed()) throw stopped();
      await collector.flush().catch(() => undefined);
      return logStore.read({ id, ...options });
    },
    forget: (ids) => void links.logSink.tell({ type: "forget", ids }),
    watch: (heard) => watch(wiring, heard),
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
    timer = settings.clock.after(limits.eventsPollMs, tick);
  };
  let timer = membership.joined ? undefined : settings.clock.after(limits.eventsPollMs, tick);
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
  };
  const facts = { clock: settings.clock, newId, payloadBytes: limits.payloadBytes };
  const read = reading(wiring);
  const stored = (name: string) => read({ type: "definition", name });
  return createRequests({ ...facts, registry, stored, defaults });
}

function stopped(): ErgateError {
  return new ErgateError("ERR_ERGATE_STOPPED", "the runtime is stopped");
}
