import { limits } from "../base/limits.ts";
import { formatSchedule, type Schedule } from "../cron/schedule.ts";
import type { ScheduleRow } from "../protocol/schedule.ts";
import type { FiringParts } from "./firing.ts";
import { busy, firesFirst, savedForm } from "./saving.ts";
import { checkJob } from "./schedules.ts";

/** By which option code declares it: each changes only what it declared itself. */
export type DeclaredBy = "schedules" | "commands";

/**
 * Makes the stored schedules what code declares: what is new or differs from the last declared
 * value is written, what code declared and says no more is removed. What hands changed, removed or
 * made since lives on. Throws what `upsert` throws, with the path in `schedules`.
 */
export async function reconcile(
  parts: FiringParts,
  by: DeclaredBy,
  declared: readonly Schedule[],
): Promise<void> {
  for (const schedule of declared) await checkJob(parts, schedule, `${by}.${schedule.name}`);
  for (let tries = 0; tries < limits.scheduleSaveTries; tries++) {
    if (await reconcileOnce(parts, by, declared)) return;
  }
  throw busy(declared[0]?.name ?? "");
}

/** False: another process wrote meanwhile. */
async function reconcileOnce(
  parts: FiringParts,
  by: DeclaredBy,
  declared: readonly Schedule[],
): Promise<boolean> {
  const rows = await allRows(parts);
  const names = new Set(declared.map(({ name }) => name));
  const gone = [...rows.values()].filter((row) => isDeclaredBy(row, by) && !names.has(row.name));
  let quiet = gone.length === 0 || (await removeAll(parts, gone));
  const changed = declared.filter((one) => rows.get(one.name)?.declared !== textOf(one, by));
  for (let from = 0; from < changed.length; from += limits.scheduleRows) {
    const some = changed.slice(from, from + limits.scheduleRows);
    if (!(await saveAll(parts, by, some, rows))) quiet = false;
  }
  return quiet;
}

/** What is remembered of a declaration: its text, and which option's it was. */
function textOf(schedule: Schedule, by: DeclaredBy): string {
  return `${by} ${formatSchedule(schedule)}`;
}

function isDeclaredBy({ declared }: ScheduleRow, by: DeclaredBy): boolean {
  return declared?.startsWith(`${by} `) === true;
}

async function allRows(parts: FiringParts): Promise<Map<string, ScheduleRow>> {
  const rows = new Map<string, ScheduleRow>();
  const limit = limits.scheduleRows;
  let cursor: string | undefined;
  do {
    const page = await parts.read({ type: "schedules", removed: true, cursor, limit });
    for (const row of page.items) rows.set(row.name, row);
    cursor = page.next;
  } while (cursor !== undefined);
  return rows;
}

async function removeAll(parts: FiringParts, rows: readonly ScheduleRow[]): Promise<boolean> {
  const schedules = rows.map(({ name, revision }) => ({ name, revision }));
  const { removed } = await parts.ask({ type: "removeSchedules", schedules, forget: true });
  return removed.every((done) => done);
}

async function saveAll(
  parts: FiringParts,
  by: DeclaredBy,
  schedules: readonly Schedule[],
  rows: ReadonlyMap<string, ScheduleRow>,
): Promise<boolean> {
  const now = parts.clock.now();
  let quiet = true;
  for (const schedule of schedules) {
    if (await firesFirst(parts, rows.get(schedule.name), schedule, now)) quiet = false;
  }
  const saved = schedules.map((schedule) => {
    return savedForm(parts, schedule, rows.get(schedule.name), now, textOf(schedule, by));
  });
  const { saves } = await parts.ask({ type: "saveSchedules", schedules: saved, now });
  saves.forEach((answer, at) => {
    const [schedule, row] = [schedules[at], saved[at]];
    if (answer.type !== "saved" || schedule === undefined || row === undefined) return;
    parts.plans.keep(schedule, row.createdAt, answer.revision);
  });
  return quiet && saves.every(({ type }) => type === "saved");
}
