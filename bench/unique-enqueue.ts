import { defineJob } from "../actors/index.ts";
import { systemClock } from "../lib/base/clock.ts";
import { type Bench, type Benchmark, column, compare, type Figures, type Row } from "./harness.ts";
import { callers, openOurs, payload } from "./ours.ts";

interface Input {
  calls: number;
  width: number;
}

/** Each call has arguments of its own, so that each job is created and holds a key. */
export const uniqueEnqueue: Benchmark<Input> = {
  name: "unique-enqueue",
  question: "what does a unique key cost an enqueue?",
  sides: {
    plain: (input, folder) => enqueueAll(input, folder, false, payload),
    unique: (input, folder) => enqueueAll(input, folder, true, payload),
    scattered: (input, folder) => enqueueAll(input, folder, true, scattered),
  },
  async run(bench) {
    const one = await rowsOf(bench, { width: 1, calls: bench.size(5_000, 2_000, 20) });
    const some = await rowsOf(bench, { width: 64, calls: bench.size(100_000, 30_000, 640) });
    const many = await rowsOf(bench, { width: 512, calls: bench.size(200_000, 60_000, 2_048) });
    return [...one, ...some, ...many];
  },
};

/** Numbered arguments, as ids and dates mostly are; and such as come in no order at all. */
async function rowsOf(bench: Bench<Input>, input: Input): Promise<Row[]> {
  const [plain, unique, anywhere] = await bench.interleave([
    ["plain", input],
    ["unique", input],
    ["scattered", input],
  ]);
  const common = {
    settings: { durability: "fsync", callers: input.width, calls: input.calls },
    unit: "jobs/s",
    against: "the same jobs without a key",
    limit: column(plain, "perSecond"),
  };
  const name = "enqueue of unique jobs";
  const value = column(unique, "perSecond");
  const other = column(anywhere, "perSecond");
  return [
    compare(bench.scale, { ...common, name, value, least: 0.6 }),
    compare(bench.scale, { ...common, name: `${name}, in no order`, value: other }),
  ];
}

/** Odd, so that it meets each number below 2³² once. */
const stride = 2_654_435_761;

function scattered(n: number): object {
  return payload((n * stride) % 2 ** 32);
}

/**
 * Without a start: a producer only. All keys stay held, so that the last of them are the dearest.
 */
async function enqueueAll(
  { calls, width }: Input,
  folder: string,
  unique: boolean,
  args: (n: number) => object,
): Promise<Figures> {
  const job = defineJob("noop", { unique });
  const runtime = await openOurs(folder, job);
  const warm = calls / 10;
  const burst = (count: number, from: number) => {
    let left = count;
    return callers(runtime, job, width, () => left-- > 0, from, args);
  };
  await burst(warm, 0);
  const started = systemClock.monotonic();
  await burst(calls, warm);
  const perSecond = (calls * 1_000) / (systemClock.monotonic() - started);
  await runtime.stop();
  return { perSecond };
}
