import { limits } from "../../base/limits.ts";
import type { SchedulesClient } from "../../client/schedules.ts";
import type { Run } from "../../job/run.ts";

/** A run as go-crontab logs it. Times are milliseconds since the epoch. */
interface CrontabLog {
  jobName: string;
  command: string;
  /** Empty where it went well. */
  err: string;
  output: string;
  planTime: number;
  scheduleTime: number;
  startTime: number;
  endTime: number;
}

/**
 * Runs of a job that are over, newest first; with the times that had none, which it keeps silent
 * about. What is skipped is read, too, since it counts in rows: at most 10 000 of them.
 */
export async function logOf(
  schedules: SchedulesClient,
  name: string,
  skip: number,
  limit: number,
): Promise<CrontabLog[]> {
  const until = Math.min(skip, limits.crontabSkipRows) + Math.min(limit, limits.pageRows);
  const over: Run[] = [];
  let cursor: string | undefined;
  do {
    const asked = Math.min(limits.pageRows, Math.max(1, until - over.length));
    const page = await schedules.runs(name, {
      ...{ limit: asked, ...(cursor === undefined ? {} : { cursor }) },
    });
    over.push(...page.items.filter(({ endAt, skipReason }) => endAt ?? skipReason));
    cursor = page.next;
  } while (cursor !== undefined && over.length < until);
  return over.slice(skip, until).map((run) => lineOf(name, run));
}

function lineOf(jobName: string, run: Run): CrontabLog {
  const { command = "", output = "", planAt, scheduleAt, startAt, endAt } = run;
  return {
    ...{ jobName, command, err: errorOf(run), output },
    ...{ planTime: planAt, scheduleTime: scheduleAt },
    // One that never began has no times of its own.
    startTime: startAt ?? scheduleAt,
    endTime: endAt ?? scheduleAt,
  };
}

function errorOf({ outcome, error, skipReason }: Run): string {
  if (outcome === "completed") return "";
  if (skipReason !== undefined) return `skipped: ${skipReason}`;
  return error ?? outcome ?? "";
}
