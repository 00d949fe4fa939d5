import { join } from "node:path";
import { createRuntime, defineJob } from "../actors/index.ts";
import { type Clock, systemClock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import { BareStore } from "./bare/store.ts";
import { rounded, spreadOf } from "./figures.ts";
import { type Bench, type Benchmark, column, type Figures, type Row } from "./harness.ts";
import { after } from "./ours.ts";

interface Input {
  schedules: number;
  /** From the runtime's making to the minute: it must be ready by then. */
  leadMs: number;
  idleMs: number;
}

export const schedules: Benchmark<Input> = {
  name: "schedules",
  question: "how late is the last of many schedules of a minute, and what do they cost between?",
  sides: { bare, ours },
  async run(bench) {
    const input = {
      schedules: bench.size(10_000, 10_000, 50),
      leadMs: bench.size(10_000, 10_000, 1_500),
      idleMs: bench.size(5_000, 3_000, 100),
    };
    const [limit, own] = await bench.interleave([
      ["bare", input],
      ["ours", input],
    ]);
    return [
      rowOf(bench, input, {
        name: "schedules of a minute, last one enqueued",
        unit: "ms",
        value: column(own, "lastMs"),
        limit: column(limit, "ms"),
        against: "the same rows inserted by bare SQLite, as many a commit",
        most: 1_000,
      }),
      rowOf(bench, input, {
        name: "schedules of a minute, CPU between",
        unit: "% of a core",
        value: column(own, "idlePercent"),
        limit: column(own, "nonePercent"),
        against: "the same runtime before it has schedules",
        most: 5,
      }),
    ];
  },
};

interface Judged {
  name: string;
  unit: string;
  value: number[];
  limit: number[];
  against: string;
  most: number;
}

/** The goal speaks of the value; the best of the rounds, since a busy machine only adds. */
function rowOf(bench: Bench<Input>, input: Input, judged: Judged): Row {
  const { name, unit, against, most } = judged;
  const [value, limit] = [Math.min(...judged.value), Math.min(...judged.limit)];
  return {
    ...{ name, unit, against, reach: most },
    settings: {
      durability: "fsync",
      schedules: input.schedules,
      best: `of ${judged.value.length}`,
    },
    value: rounded(value),
    limit: rounded(limit),
    ratio: limit === 0 ? null : rounded(value / limit),
    met: bench.scale === "smoke" ? null : value <= most,
    direction: "at most",
    of: "value",
    rounds: judged.value.length,
    spread: spreadOf(judged.value.map(rounded)),
  };
}

function bare({ schedules: count }: Input, folder: string): Figures {
  const store = new BareStore(folder, "fsync");
  const started = systemClock.monotonic();
  for (let left = count; left > 0; left -= limits.scheduleRows) {
    store.transaction(() => store.insert(Math.min(left, limits.scheduleRows)));
  }
  return { ms: systemClock.monotonic() - started };
}

const minuteMs = 60_000;

/** A clock whose next minute comes in so much. */
function clockBefore(leadMs: number): Clock {
  const offsetMs = minuteMs - leadMs - (systemClock.now() % minuteMs);
  return {
    now: () => systemClock.now() + offsetMs,
    monotonic: () => systemClock.monotonic(),
    after: (ms, action) => systemClock.after(ms, action),
  };
}

async function ours({ schedules: count, leadMs, idleMs }: Input, folder: string): Promise<Figures> {
  const none = await createRuntime({ storage: join(folder, "none.db") });
  await none.start();
  const nonePercent = await cpuPercent(idleMs);
  await none.stop();
  const clock = clockBefore(leadMs);
  const dueAt = Math.ceil(clock.now() / minuteMs) * minuteMs;
  // Nobody runs it: what runs would take part in what is measured.
  const job = defineJob("tick");
  const all = Array.from({ length: count }, (_, at) => [`s${at}`, { cron: "* * * * *", job }]);
  const given = { storage: join(folder, "ours.db"), jobs: [job], clock };
  const runtime = await createRuntime({ ...given, schedules: Object.fromEntries(all) });
  await runtime.start();
  if (clock.now() >= dueAt) throw new Error("the schedules were not there before the minute");
  await after(dueAt - clock.now());
  while ((await runtime.jobs.count({ state: "available" })) < count) await after(5);
  const lastMs = clock.now() - dueAt;
  const idlePercent = await cpuPercent(idleMs);
  await runtime.stop();
  return { lastMs, idlePercent, nonePercent };
}

async function cpuPercent(overMs: number): Promise<number> {
  const started = systemClock.monotonic();
  const before = process.cpuUsage();
  await after(overMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10 / (systemClock.monotonic() - started);
}
