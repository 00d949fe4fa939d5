import { systemClock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { StoredSchedule } from "../client/stored-schedule.ts";
import { type PreviewOptions, preview } from "../cron/preview.ts";
import type { TimingOptions } from "../cron/timing-options.ts";
import { hostZone } from "../cron/zone.ts";
import type { Call, Command } from "./command.ts";
import { withClient } from "./database.ts";
import type { Args } from "./options.ts";
import { clientOptions } from "./options.ts";
import { noSchedule } from "./schedule-show.ts";
import { inOptions, momentOf, timingOf, timingOptions } from "./schedule-spec.ts";
import { zonedText } from "./schedule-text.ts";

export const schedulesPreview: Command = {
  name: "schedules preview",
  words: "EXPR|NAME",
  most: 1,
  summary: "show the next times of an expression or a schedule",
  details: [
    "EXPR is cron, in quotes; --every or --at stands instead of it. NAME is a schedule of the",
    "file, which goes by its own zone: --zone then only says by which clock its times are shown.",
    "Jitter is left out.",
  ],
  options: {
    ...clientOptions,
    count: { value: "N", help: `how many, up to ${limits.previewTimes} (default 5)` },
    from: { value: "TIME", help: "past that moment (default: now)" },
    ...timingOptions,
  },
  async run(call) {
    const { args, out } = call;
    const { zone, times } = isName(args) ? await ofSchedule(call) : await ofTiming(call);
    const shown = times.map((at) => zonedText(at.getTime(), zone));
    out.answer(
      { zone, items: times.map((at, index) => ({ at: at.toISOString(), local: shown[index] })) },
      () => (shown.length === 0 ? "no more times" : shown.join("\n")),
    );
    return 0;
  },
};

interface Previewed {
  zone: string;
  times: Date[];
}

/** No name has a space or an @, and no expression is without. */
function isName({ words: [word] }: Args): boolean {
  return word !== undefined && !/[\s@*]/.test(word);
}

async function ofSchedule(call: Call): Promise<Previewed> {
  const { args } = call;
  const name = args.words[0] as string;
  for (const other of ["every", "at", "start", "end", "dialect"]) {
    if (args.text(other) !== undefined) {
      throw args.wrong(`"${name}" is a schedule's name, which excludes --${other}`);
    }
  }
  return withClient(call, "existing", async ({ schedules }) => {
    const schedule = await schedules.get(name);
    if (schedule === undefined) throw noSchedule(name);
    const zone = args.text("zone") ?? zoneOfSchedule(schedule);
    const options = optionsOf(args, zone);
    return { zone, times: await inOptions(() => schedules.preview(schedule, options)) };
  });
}

function zoneOfSchedule({ zone, problem }: StoredSchedule): string {
  return problem === undefined && zone !== undefined ? zone : hostZone();
}

async function ofTiming({ args }: Call): Promise<Previewed> {
  const [cron] = args.words;
  const timing: TimingOptions = { ...(cron === undefined ? {} : { cron }), ...timingOf(args) };
  const kinds = [timing.cron, timing.every, timing.at].filter((kind) => kind !== undefined);
  if (kinds.length !== 1) {
    throw args.wrong("schedules preview needs one of EXPR, NAME, --every and --at");
  }
  const zone = timing.zone ?? hostZone();
  const facts = { now: systemClock.now(), zone: hostZone() };
  return { zone, times: await inOptions(() => preview(timing, optionsOf(args, zone), facts)) };
}

function optionsOf(args: Args, zone: string): PreviewOptions {
  const from = momentOf(args, "from");
  const count = args.integer("count", 1, limits.previewTimes);
  return {
    zone,
    ...(from === undefined ? {} : { from }),
    ...(count === undefined ? {} : { count }),
  };
}
