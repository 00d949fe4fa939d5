import { limits } from "../base/limits.ts";
import type { SchedulesClient } from "../client/schedules.ts";
import type { StoredSchedule } from "../client/stored-schedule.ts";
import type { Worker } from "../client/workers.ts";
import type { Finding } from "./findings.ts";
import { pagesOf } from "./paging.ts";
import { counted } from "./text.ts";

/** What `doctor` says of schedules. */
export interface ScheduleReport {
  count: number;
  findings: Finding[];
}

/** Names of schedules by what is wrong with them. */
interface Faults {
  unreadable: string[];
  unknown: string[];
  overdue: string[];
}

export async function examineSchedules(
  schedules: SchedulesClient,
  workers: readonly Worker[],
  now: number,
): Promise<ScheduleReport> {
  const alive = workers.filter(({ status }) => status === "healthy");
  const jobs = new Set(alive.flatMap((worker) => worker.jobs));
  const faults: Faults = { unreadable: [], unknown: [], overdue: [] };
  let count = 0;
  for await (const page of pagesOf((options) => schedules.list(options))) {
    count += page.length;
    for (const schedule of page) {
      const fault = faultOf(schedule, jobs, now);
      // With no worker alive no schedule fires, and every job is unknown: no findings of their own.
      const isFound = fault === "unreadable" || alive.length > 0;
      if (fault !== undefined && isFound) faults[fault].push(schedule.name);
    }
  }
  return { count, findings: [...differences(alive), ...findingsOf(faults)] };
}

function faultOf(
  { problem, job, nextAt }: StoredSchedule,
  jobs: ReadonlySet<string>,
  now: number,
): keyof Faults | undefined {
  if (problem !== undefined) return "unreadable";
  // It is paused, or over.
  if (nextAt === undefined) return undefined;
  if (now - nextAt > limits.scheduleGraceMs) return "overdue";
  return jobs.has(job) ? undefined : "unknown";
}

function findingsOf({ unreadable, unknown, overdue }: Faults): Finding[] {
  const late = `overdue by more than ${limits.scheduleGraceMs / 1_000} s, though a worker lives`;
  return [
    ...named("error", unreadable, "not readable, and firing no more (see: schedules show)"),
    ...named("error", overdue, late),
    ...named("warning", unknown, "of a job that no worker knows"),
  ];
}

/** The first names stand for all. */
const namesMax = 5;

function named(level: Finding["level"], names: readonly string[], fault: string): Finding[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, namesMax).join(", ");
  const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : "";
  const verb = names.length === 1 ? "is" : "are";
  return [
    { level, text: `${counted(names.length, "schedule")} ${verb} ${fault}: ${shown}${more}` },
  ];
}

/** Code that declares nothing of schedules touches none, and differs from none. */
function differences(alive: readonly Worker[]): Finding[] {
  const byDigest = new Map<string, Worker>();
  for (const worker of alive) {
    const { declared } = worker;
    if (declared !== undefined && !byDigest.has(declared)) byDigest.set(declared, worker);
  }
  if (byDigest.size < 2) return [];
  const who = [...byDigest.values()].map(({ pid, host }) => `process ${pid} on ${host}`);
  const text = `${who.join(" and ")} declare different schedules: who starts last has its way`;
  return [{ level: "warning", text }];
}
