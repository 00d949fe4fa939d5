import type { SchedulesClient } from "../client/schedules.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import { noSchedule } from "./schedule-show.ts";
import { counted } from "./text.ts";

/** One command for schedules by their names. */
interface MoveSpec {
  verb: string;
  done: string;
  summary: string;
  /** Resolves with whether it changed anything. */
  move(schedules: SchedulesClient, name: string): Promise<boolean>;
}

export const schedulesRm = moveCommand({
  verb: "rm",
  done: "removed",
  summary: "remove schedules; their runs go on and stay on record",
  async move(schedules, name) {
    if (await schedules.remove(name)) return true;
    throw noSchedule(name);
  },
});

export const schedulesEnd = moveCommand({
  verb: "end",
  done: "ended",
  summary: "end schedules and stop their runs; they stay readable for some days",
  move: (schedules, name) => schedules.end(name),
});

export const schedulesPause = moveCommand({
  verb: "pause",
  done: "paused",
  summary: "let times pass without a run until schedules resume; what runs goes on",
  move: (schedules, name) => schedules.pause(name),
});

export const schedulesResume = moveCommand({
  verb: "resume",
  done: "resumed",
  summary: "go on with paused schedules; times that passed are recorded as skipped",
  move: (schedules, name) => schedules.resume(name),
});

function moveCommand({ verb, done, summary, move }: MoveSpec): Command {
  return {
    name: `schedules ${verb}`,
    words: "NAME…",
    least: 1,
    most: Number.POSITIVE_INFINITY,
    summary,
    options: clientOptions,
    run: (call) =>
      withClient(call, "existing", async ({ schedules }) => {
        const { args, out } = call;
        const items: { name: string; changed: boolean }[] = [];
        let failed = false;
        for (const name of args.words) {
          try {
            items.push({ name, changed: await move(schedules, name) });
          } catch (error) {
            out.error(error);
            items.push({ name, changed: false });
            failed = true;
          }
        }
        const changed = items.filter((item) => item.changed).length;
        out.answer({ changed, items }, () => `${counted(changed, "schedule")} ${done}`);
        return failed ? 1 : 0;
      }),
  };
}
