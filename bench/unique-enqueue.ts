import { defineJob } from "../actors/index.ts";
import { systemClock } from "../lib/base/clock.ts";
import { type Bench, type Benchmark, column, compare, type Figures, type Row } from "./harness.ts";
import { callers, openOurs } from "./ours.ts";

interface Input {
  calls: number;
  width: number;
}

/** Each call has arguments of its own, so that each job is created and holds a key. */
export const uniqueEnqueue: Benchmark<Input> = {
  name: "unique-enqueue",
  question: "what does a unique key cost an enqueue?",
  sides: {
    plain: (input, folder) => enqueueAll(input, folder, false),
    unique: (input, folder) => enqueueAll(input, folder, true),
  },
  async run(bench) {
    const one = await rowOf(bench, { width: 1, calls: bench.size(5_000, 2_000, 20) });
    const some = await rowOf(bench, { width: 64, calls: bench.size(100_000, 30_000, 640) });
    const many = await rowOf(bench, { width: 512, calls: bench.size(200_000, 60_000, 2_048) });
    return [one, some, many];
  },
};

async function rowOf(bench: Bench<Input>, input: Input): Promise<Row> {
  const [plain, unique] = await bench.interleave([
    ["plain", input],
    ["unique", input],
  ]);
  return compare(bench.scale, {
    name: "enqueue of unique jobs",
    settings: { durability: "fsync", callers: input.width, calls: input.calls },
    unit: "jobs/s",
    against: "the same jobs without a key",
    value: column(unique, "perSecond"),
    limit: column(plain, "perSecond"),
    least: 0.6,
  });
}

/**
 * Without a start: a producer only. All keys stay held, so that the last of them are the dearest.
 */
async function enqueueAll(
  { calls, width }: Input,
  folder: string,
  unique: boolean,
): Promise<Figures> {
  const job = defineJob<{ to: string; n: number }>("noop", { unique });
  const runtime = await openOurs(folder, job);
  const warm = calls / 10;
  const burst = (count: number, from: number) => {
    let left = count;
    return callers(runtime, job, width, () => left-- > 0, from);
  };
  await burst(warm, 0);
  const started = systemClock.monotonic();
  await burst(calls, warm);
  const perSecond = (calls * 1_000) / (systemClock.monotonic() - started);
  await runtime.stop();
  return { perSecond };
}
