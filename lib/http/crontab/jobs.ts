import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { Client, PageOptions } from "../../client/client.ts";
import type { StoredCommandView } from "../../client/commands.ts";
import type { StoredSchedule } from "../../client/stored-schedule.ts";
import { parseSchedule } from "../../cron/schedule.ts";
import { hostZone } from "../../cron/zone.ts";
import type { Page } from "../../job/job.ts";
import type { StoredCommandOptions } from "../../job/stored-command.ts";

/** A job as go-crontab has it: a command of ours, and the schedule of its name that runs it. */
export interface CrontabJob {
  name: string;
  command: string;
  /** Empty where no schedule runs it, or one whose times are no cron. */
  cronExpr: string;
}

type Commands = Pick<Client, "commands" | "schedules">;

export async function listJobs({ commands, schedules }: Commands): Promise<CrontabJob[]> {
  const [stored, times] = await Promise.all([
    allOf((options) => commands.list(options)),
    allOf((options) => schedules.list(options)),
  ]);
  const byName = new Map(times.map((schedule) => [schedule.name, schedule]));
  return stored.map((command) => jobOf(command, byName.get(command.name)));
}

/**
 * Makes a job or changes it, and gives what it was. Everything else that is set of its command and
 * of its schedule stays. Throws for what is wrong with it, and then nothing has changed.
 */
export async function saveJob(client: Commands, job: CrontabJob): Promise<CrontabJob | null> {
  const { name, command, cronExpr } = job;
  const { stored, schedule } = await readJob(client, name);
  if (schedule !== undefined && schedule.job !== name) throw foreign(schedule);
  const timing = { cron: cronExpr, dialect: "cronexpr" } as const;
  // Its name and its times, before the command is saved.
  parseSchedule(name, { ...timing, job: name }, "job", hostZone());
  if (client.schedules.preview(timing, { count: 1 }).length === 0) throw never(cronExpr);
  await client.commands.upsert(name, commandOf(stored, command));
  const { every: _every, at: _at, ...kept } = schedule ?? {};
  await client.schedules.upsert(name, { ...kept, ...timing, job: name });
  return stored === undefined ? null : jobOf(stored, schedule);
}

/** Gives what it was; null where there was none. */
export async function removeJob(client: Commands, name: string): Promise<CrontabJob | null> {
  const { stored, schedule } = await readJob(client, name);
  if (stored === undefined) return null;
  if (schedule?.job === name) await client.schedules.remove(name);
  await client.commands.remove(name);
  return jobOf(stored, schedule);
}

async function readJob({ commands, schedules }: Commands, name: string) {
  const [stored, schedule] = await Promise.all([commands.get(name), schedules.get(name)]);
  return { stored, schedule };
}

function jobOf(command: StoredCommandView, schedule: StoredSchedule | undefined): CrontabJob {
  const { name, argv = [] } = command;
  const own = schedule?.job === name ? schedule : undefined;
  return { name, command: command.command ?? argv.join(" "), cronExpr: own ? cronOf(own) : "" };
}

/** As `cronexpr` reads it: of ours only what has six fields means something else there. */
function cronOf({ cron = "", dialect = "ergate" }: StoredSchedule): string {
  const fields = cron.trim().split(/\s+/).length;
  const isOurs = dialect === "ergate" && !cron.startsWith("@");
  return isOurs && fields === 6 ? `${cron} *` : cron;
}

/** An unchanged text of a command that has `argv` leaves that in place. */
function commandOf(stored: StoredCommandView | undefined, command: string): StoredCommandOptions {
  if (stored === undefined) return { command };
  const { name: _name, revision: _revision, running: _running, argv, ...kept } = stored;
  if (argv?.join(" ") === command) return { ...kept, argv };
  return { ...kept, command };
}

async function allOf<Row>(list: (options: PageOptions) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({
      limit: limits.pageRows,
      ...(cursor === undefined ? {} : { cursor }),
    });
    rows.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && rows.length < limits.crontabJobs);
  return rows;
}

function foreign({ name, job }: StoredSchedule): ErgateError {
  const message = `a schedule named ${JSON.stringify(name)} runs the job ${JSON.stringify(job)}`;
  return new ErgateError("ERR_ERGATE_JOB_NAME", message, { path: "name" });
}

function never(cron: string): ErgateError {
  const message = `the time of ${JSON.stringify(cron)} never comes again`;
  return new ErgateError("ERR_ERGATE_SCHEDULE", message, { path: "cronExpr" });
}
