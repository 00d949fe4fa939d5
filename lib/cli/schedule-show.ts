import { ErgateError } from "../base/error.ts";
import type { StoredSchedule } from "../client/stored-schedule.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import type { Paint } from "./out.ts";
import { nextText, outcomeText, whenText, zonedText } from "./schedule-text.ts";
import { facts } from "./table.ts";
import { durationText, oneLine, timeText } from "./text.ts";

export const schedulesShow: Command = {
  name: "schedules show",
  words: "NAME",
  least: 1,
  summary: "show one schedule with its policies",
  options: clientOptions,
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const name = call.args.words[0] as string;
      const schedule = await client.schedules.get(name);
      if (schedule === undefined) throw noSchedule(name);
      call.out.answer(schedule, (paint) => shown(paint, schedule));
      return 0;
    }),
};

export function noSchedule(name: string): ErgateError {
  const message = `there is no schedule named ${JSON.stringify(name)}`;
  return new ErgateError("ERR_ERGATE_SCHEDULE_UNKNOWN", message, { path: "NAME" });
}

function shown(paint: Paint, schedule: StoredSchedule): string {
  const { lastRun, problem } = schedule;
  return facts(paint, [
    ["name", schedule.name],
    ["problem", problem && paint("red", oneLine(problem))],
    ["when", oneLine(whenText(schedule))],
    ["paused", schedule.paused ? "paused" : undefined],
    ["next", nextText(schedule)],
    ...(problem === undefined ? specFacts(schedule) : []),
    ["running", String(schedule.running)],
    ["last run", lastRun && `${timeText(lastRun.planAt)} ${outcomeText(lastRun)}`],
    ["last error", lastRun?.error && oneLine(lastRun.error)],
    ["revision", String(schedule.revision)],
  ]);
}

function specFacts(schedule: StoredSchedule): [string, string | undefined][] {
  const { zone = "UTC", start, end, window, deadline, jitter, overlap, args } = schedule;
  const moment = (at: typeof start) => (at === undefined ? undefined : zonedText(Number(at), zone));
  const length = (ms: typeof window) => (ms === undefined ? undefined : durationText(Number(ms)));
  return [
    ["zone", zone],
    ["start", moment(start)],
    ["end", moment(end)],
    ["job", schedule.job],
    ["args", JSON.stringify(args)],
    ["overlap", overlap],
    ["missed", `${missedText(schedule)} within ${length(window)}`],
    ["deadline", length(deadline)],
    ["jitter", jitter === 0 ? undefined : length(jitter)],
  ];
}

function missedText({ missed }: StoredSchedule): string | undefined {
  return typeof missed === "object" ? `all(${missed.all})` : missed;
}
