import type { DeclaredCommandOptions } from "../lib/client/options.ts";
import { parseSchedule, type Schedule } from "../lib/cron/schedule.ts";
import { hostZone } from "../lib/cron/zone.ts";
import { Fields, optionError } from "../lib/job/fields.ts";
import { checkJobName, checkQueueName } from "../lib/job/name.ts";
import { type DeclaredQueue, parseDeclaredQueue } from "../lib/job/queue.ts";
import { parseStoredCommand, type StoredCommand } from "../lib/job/stored-command.ts";

/** What code declares by name: queues, schedules, and commands, perhaps with their schedules. */

export interface DeclaredCommand extends StoredCommand {
  /** As code wrote it; undefined: it has none. */
  schedule: ScheduleOfCommand | undefined;
}

type ScheduleOfCommand = DeclaredCommandOptions["schedule"];

/** Undefined: code says nothing of them, and changes none. */
export interface DeclaredPlans {
  schedules: readonly Schedule[] | undefined;
  /** Of the commands, each with the name of its own. */
  commandSchedules: readonly Schedule[] | undefined;
  commands: readonly DeclaredCommand[] | undefined;
}

export function plansOf(schedules: unknown, commands: unknown): DeclaredPlans {
  const declared = schedulesOf(schedules);
  const programs = commandsOf(commands);
  const own = programs?.flatMap(scheduleOf);
  for (const { name } of own ?? []) {
    if (declared?.some((one) => one.name === name) !== true) continue;
    const problem = "is declared among the schedules, too: a command's schedule has its name";
    throw optionError(`commands.${name}.schedule`, problem);
  }
  return { schedules: declared, commandSchedules: own, commands: programs };
}

function scheduleOf({ name, schedule }: DeclaredCommand): Schedule[] {
  if (schedule === undefined) return [];
  const path = `commands.${name}.schedule`;
  const given = typeof schedule === "string" ? { cron: schedule } : schedule;
  new Fields(given, path, Object.keys(given ?? {}));
  if ("job" in given) throw optionError(`${path}.job`, "is the command itself: leave it out");
  return [parseSchedule(name, { ...given, job: name }, path, hostZone())];
}

function schedulesOf(value: unknown): Schedule[] | undefined {
  if (value === undefined) return undefined;
  return byName(value, "schedules").map(([name, spec]) => {
    return parseSchedule(name, spec, `schedules.${name}`, hostZone());
  });
}

function commandsOf(value: unknown): DeclaredCommand[] | undefined {
  if (value === undefined) return undefined;
  return byName(value, "commands").map(([name, options]) => {
    const path = `commands.${name}`;
    checkJobName(name, path);
    new Fields(options, path, Object.keys(options ?? {}));
    const { schedule, ...rest } = options as DeclaredCommandOptions;
    return { ...parseStoredCommand(name, rest, path), schedule };
  });
}

export function queuesOf(value: unknown): DeclaredQueue[] {
  if (value === undefined) return [];
  return byName(value, "queues").map(([name, options]) => {
    const path = `queues.${name}`;
    return parseDeclaredQueue(checkQueueName(name, path), options, path);
  });
}

/** The entries of an object of things by name. */
function byName(value: unknown, path: string): [string, unknown][] {
  // A Map, too, has no entries that would be seen.
  if (typeof value !== "object" || value === null || Symbol.iterator in value) {
    throw optionError(path, `must be an object of ${path} by name`);
  }
  return Object.entries(value);
}
