import { systemClock } from "../lib/base/clock.ts";
import { BareStore } from "./bare/store.ts";
import { type Bench, type Benchmark, column, compare, type Figures, type Row } from "./harness.ts";
import { callers, loopNoop, openOurs } from "./ours.ts";

interface Input {
  calls: number;
  width: number;
}

export const enqueue: Benchmark<Input> = {
  name: "enqueue",
  question: "how fast can many callers enqueue, each waiting for its receipt?",
  sides: {
    bare: (input, folder) => insertBare(input, folder, (store, count) => store.insert(count)),
    chunks: (input, folder) =>
      insertBare(input, folder, (store, count) => store.insertChunks(count)),
    ours,
  },
  async run(bench) {
    const one = await rowsOf(bench, { width: 1, calls: bench.size(5_000, 2_000, 20) });
    const some = await rowsOf(bench, { width: 64, calls: bench.size(100_000, 30_000, 640) }, 0.6);
    const many = await rowsOf(
      bench,
      { width: 512, calls: bench.size(200_000, 60_000, 2_048) },
      0.7,
    );
    return [...one, ...some, ...many];
  },
};

async function rowsOf(bench: Bench<Input>, input: Input, least?: number): Promise<Row[]> {
  const [bare, chunks, own] = await bench.interleave([
    ["bare", input],
    ["chunks", input],
    ["ours", input],
  ]);
  const settings = { durability: "fsync", callers: input.width, calls: input.calls };
  const value = column(own, "perSecond");
  const common = { name: "enqueue", settings, unit: "jobs/s", value };
  const rows = `the same rows, ${input.width} a commit`;
  const first = compare(bench.scale, {
    ...common,
    against: `bare inserts of ${rows}`,
    limit: column(bare, "perSecond"),
    ...(least === undefined ? {} : { least }),
  });
  if (input.width === 1) return [first];
  const second = compare(bench.scale, {
    ...common,
    name: "enqueue, many rows a statement",
    against: `bare inserts of ${rows}, 16 a statement`,
    limit: column(chunks, "perSecond"),
  });
  return [first, second];
}

function insertBare(
  { calls, width }: Input,
  folder: string,
  insert: (store: BareStore, count: number) => void,
): Figures {
  const store = new BareStore(folder, "fsync");
  const burst = (count: number) => {
    for (let left = count; left > 0; left -= width) {
      store.transaction(() => insert(store, Math.min(left, width)));
    }
  };
  burst(calls / 10);
  const started = systemClock.monotonic();
  burst(calls);
  return { perSecond: (calls * 1_000) / (systemClock.monotonic() - started) };
}

/** Without a start: a producer only. */
async function ours({ calls, width }: Input, folder: string): Promise<Figures> {
  const { job } = loopNoop();
  const runtime = await openOurs(folder, job);
  const burst = (count: number) => {
    let left = count;
    return callers(runtime, job, width, () => left-- > 0);
  };
  await burst(calls / 10);
  const started = systemClock.monotonic();
  await burst(calls);
  const perSecond = (calls * 1_000) / (systemClock.monotonic() - started);
  await runtime.stop();
  return { perSecond };
}
