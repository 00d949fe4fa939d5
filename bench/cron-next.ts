import { Cron } from "croner";
import { systemClock } from "../lib/base/clock.ts";
import { next, timingOf } from "../lib/cron/timing.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";

interface Input {
  nexts: number;
}

export const cronNext: Benchmark<Input> = {
  name: "cron-next",
  question: "what does a schedule's next time cost, beside croner?",
  sides: { croner, ours },
  async run(bench) {
    const input = { nexts: bench.size(20_000, 10_000, 200) };
    const [bare, own] = await bench.interleave([
      ["croner", input],
      ["ours", input],
    ]);
    return [
      compare(bench.scale, {
        name: "next time of a schedule",
        settings: { expressions: expressions.length, zones: zones.length },
        unit: "µs/next",
        against: "bare croner, nextRun() of the same expressions in the same zones",
        value: column(own, "usPerNext"),
        limit: column(bare, "usPerNext"),
        most: 0.25,
      }),
    ];
  },
};

const expressions = ["* * * * *", "*/5 9-17 * * *", "0 3 * * *", "0 9 * * MON-FRI", "30 2 L * *"];
const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"];
const start = Date.UTC(2026, 0, 1);
const end = Date.UTC(2031, 0, 1);

function croner({ nexts }: Input): Figures {
  return measure(nexts, (expression, timezone) => {
    const cron = new Cron(expression, { timezone, paused: true });
    return (after) => cron.nextRun(new Date(after))?.getTime();
  });
}

function ours({ nexts }: Input): Figures {
  return measure(nexts, (expression, zone) => {
    const timing = timingOf({ type: "cron", expression, dialect: "ergate", zone }, start);
    return (after) => next(timing, after);
  });
}

type Next = (after: number) => number | undefined;

/**
 * Each schedule goes on from where it is, in turn with all others, as in a scheduler; and starts
 * again after five years, since a first look at a zone's far year costs more than all its firings.
 */
function measure(nexts: number, make: (expression: string, zone: string) => Next): Figures {
  const schedules = expressions.flatMap((expression) =>
    zones.map((zone) => ({ next: make(expression, zone), at: start })),
  );
  const rounds = Math.ceil(nexts / schedules.length);
  const run = () => {
    for (let round = 0; round < rounds; round++) {
      for (const schedule of schedules) {
        const at = schedule.next(schedule.at);
        schedule.at = at === undefined || at > end ? start : at;
      }
    }
  };
  run();
  const started = systemClock.monotonic();
  run();
  const ms = systemClock.monotonic() - started;
  return { usPerNext: (ms * 1_000) / (rounds * schedules.length) };
}
