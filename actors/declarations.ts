import { hash } from "node:crypto";
import { formatSchedule, type Schedule } from "../lib/cron/schedule.ts";
import type { JobDefinition } from "../lib/job/definition.ts";
import type { DeclaredQueue } from "../lib/job/queue.ts";
import { registry as createRegistry, type Registry, storedForm } from "../lib/job/registry.ts";
import type { Declarations } from "../lib/protocol/write.ts";
import { takeDeclared } from "./command-names.ts";
import type { Settings } from "./options.ts";

/**
 * What a runtime's code says of its jobs and queues. A job's `weight` is its own queue's, unless
 * the queue's options say otherwise.
 */
export function declarationsOf(
  jobs: readonly JobDefinition[],
  queues: readonly DeclaredQueue[],
): Declarations {
  const declared = new Map(queues.map((queue) => [queue.name, queue]));
  for (const { name, weight } of jobs) {
    if (weight === undefined) continue;
    const queue = declared.get(name) ?? { name, settings: {}, paused: undefined };
    declared.set(name, { ...queue, settings: { weight, ...queue.settings } });
  }
  return { definitions: jobs.map(storedForm), queues: [...declared.values()] };
}

/** The jobs and commands of the options. Throws where two have one name. */
export function registryOf({ defaults, jobs, commands = [] }: Settings): Registry {
  const registry = createRegistry(defaults);
  jobs.forEach((job, at) => void registry.add(job, `jobs[${at}]`));
  takeDeclared(registry, commands);
  return registry;
}

/** Names that have a handler here. */
export function runnable(registry: Registry): string[] {
  const own = registry
    .all()
    .filter(({ run, thread, command }) => (run ?? thread ?? command) !== undefined);
  return own.map(({ name }) => name).sort();
}

/**
 * A digest of declared schedules, whatever their order: processes whose code says the same have the
 * same.
 */
export function digestOf(schedules: readonly Schedule[]): string {
  const texts = schedules.map((schedule) => `${schedule.name} ${formatSchedule(schedule)}`).sort();
  return hash("sha256", texts.join("\n"), "hex").slice(0, 16);
}
