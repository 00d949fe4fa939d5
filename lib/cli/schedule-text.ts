import type { StoredSchedule } from "../client/stored-schedule.ts";
import { zoneOf } from "../cron/zone.ts";
import type { Run } from "../job/run.ts";
import type { Style } from "./out.ts";
import { durationText, stateStyle, timeText } from "./text.ts";

/** How schedules and their runs read for people. */

/** What the zone's clock shows, and how far it is from UTC: an hour that comes twice is told. */
export function zonedText(instant: number, zoneName: string): string {
  const { offsetMs } = zoneOf(zoneName, "zone").spanAt(instant);
  const wall = new Date(instant + offsetMs).toISOString().slice(0, 19).replace("T", " ");
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const hours = String(Math.floor(minutes / 60)).padStart(2, "0");
  const rest = String(minutes % 60).padStart(2, "0");
  return `${wall} ${offsetMs < 0 ? "-" : "+"}${hours}:${rest}`;
}

export function whenText(schedule: StoredSchedule): string {
  const { cron, every, at, dialect, zone = "UTC", problem } = schedule;
  if (problem !== undefined) return "unreadable";
  if (cron !== undefined) return dialect === undefined ? cron : `${cron} (${dialect})`;
  if (every !== undefined) return `every ${durationText(Number(every))}`;
  return `at ${zonedText(Number(at), zone)}`;
}

/** In its own zone; undefined where none comes, or it can't be read. */
export function nextText({ nextAt, zone, problem }: StoredSchedule): string | undefined {
  if (nextAt === undefined) return undefined;
  return problem === undefined ? zonedText(nextAt, zone ?? "UTC") : timeText(nextAt);
}

export function outcomeText(run: Run): string {
  const { outcome, skipReason, skipped, startAt } = run;
  if (outcome === undefined) return startAt === undefined ? "waiting" : "running";
  if (outcome !== "skipped") return outcome;
  const text = `skipped: ${skipReason}`;
  if (skipped === undefined || skipped.count === 1) return text;
  const count = `${skipped.count}${skipped.more ? " or more" : ""}`;
  return `${text}, ${count} times until ${timeText(skipped.untilAt)}`;
}

export function outcomeStyle({ outcome }: Run): Style | undefined {
  if (outcome === undefined) return "bold";
  return outcome === "skipped" || outcome === "deleted" ? "dim" : stateStyle(outcome);
}
