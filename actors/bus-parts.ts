import { limits } from "../lib/base/limits.ts";
import { Follows } from "../lib/bus/follows.ts";
import { LocalBus } from "../lib/client/bus.ts";
import { ownSubscriptions } from "../lib/client/bus-events.ts";
import { localHooks } from "../lib/client/hooks.ts";
import { localJobs } from "../lib/client/jobs.ts";
import { localSchedules } from "../lib/client/schedules.ts";
import type { HookOptions } from "../lib/job/hook.ts";
import type { Assembly } from "./assembly.ts";
import type { BusParts } from "./bus.ts";
import { within } from "./within.ts";
import { wording } from "./wording.ts";

type Wiring = Pick<Assembly, "local" | "firing" | "links" | "settings">;

/** The bus of a runtime, with the subscriptions that each begins with. */
export function createBus({ local, firing, links, settings }: Wiring): LocalBus {
  const follows = new Follows();
  const hooks = localHooks({ ...local, hookRules: settings.hooks.rules });
  const deeds = {
    schedules: localSchedules(firing),
    jobs: localJobs(local),
    registerHook: (job: string, hook: string | object) => hooks.register(job, hook as HookOptions),
  };
  const { read, ask, newId, clock } = local;
  const told = new Set<string>();
  return new LocalBus({
    ...{ read, ask, newId, clock, follows },
    own: ownSubscriptions(() => deeds).map((call) => follows.add(call)),
    nudge: () => void links.bus.tell({ type: "look" }),
    unheard(event) {
      if (told.has(event) || told.size >= limits.busEvents) return;
      told.add(event);
      settings.logger.warn({ event }, wording.unheardOf(event));
    },
  });
}

export function busParts(assembly: Assembly): BusParts {
  const { ask, local, bus, membership, settings } = assembly;
  return {
    ...{ ask, follows: bus.follows, read: local.read, newId: local.newId, logger: settings.logger },
    clock: local.clock,
    started: () => membership.joined,
    worker: () => membership.worker,
  };
}

/** No callback is called any more. Resolves when the last has ended, or `graceMs` is over. */
export function haltBus({ links, bus, settings }: Assembly, graceMs: number): Promise<void> {
  links.bus.tell({ type: "halt" });
  const running = bus.follows.all().map((follow) => follow.running);
  return within(settings.clock, graceMs, Promise.all(running));
}
