import type { Run } from "../job/run.ts";
import type { RunRow } from "../protocol/schedule.ts";

/** What a command's job has as its result. */
interface CommandResult {
  command?: string;
  exitCode?: number;
  signal?: string;
  output?: string;
  truncated?: boolean;
}

export function runOf({ key: _, isCommand, result, ...run }: RunRow): Run {
  const told = isCommand ? resultOf(result) : {};
  const { planAt } = run;
  // A clock that was set back between two of them must not turn them round.
  const scheduleAt = Math.max(planAt, run.scheduleAt);
  const startAt = run.startAt === undefined ? undefined : Math.max(scheduleAt, run.startAt);
  const endAt = run.endAt === undefined ? undefined : Math.max(startAt ?? scheduleAt, run.endAt);
  return {
    ...{ ...run, scheduleAt, startAt, endAt },
    command: told.command,
    exitCode: told.exitCode,
    signal: told.signal,
    output: told.output,
    truncated: told.truncated,
  };
}

/** What was edited into something else tells nothing. */
function resultOf(text: string | undefined): CommandResult {
  try {
    const result: unknown = JSON.parse(text ?? "{}");
    return typeof result === "object" && result !== null ? result : {};
  } catch {
    return {};
  }
}
