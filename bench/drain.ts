import { systemClock } from "../lib/base/clock.ts";
import type { Durability } from "../lib/job/job.ts";
import { BareStore, nothingClaimed } from "./bare/store.ts";
import { type Bench, type Benchmark, column, compare, type Figures, type Row } from "./harness.ts";
import { drainMs, loopNoop, openOurs } from "./ours.ts";

export interface DrainInput {
  durability: Durability;
  jobs: number;
  concurrency: number;
}

export const drain: Benchmark<DrainInput> = {
  name: "drain",
  question: "how fast do waiting jobs get done?",
  sides: { bare, ours: drainLoop },
  async run(bench) {
    return [...(await rowsOf(bench, "fsync")), ...(await rowsOf(bench, "wal"))];
  },
};

const batch = 512;

async function rowsOf(bench: Bench<DrainInput>, durability: Durability): Promise<Row[]> {
  const jobs = bench.size(100_000, 50_000, 1_000);
  const concurrency = await bestConcurrency(bench, "ours", durability);
  const input = { durability, jobs, concurrency };
  const [limit, own] = await bench.interleave([
    ["bare", input],
    ["ours", input],
  ]);
  const row = compare(bench.scale, {
    name: "drain",
    settings: { durability, jobs, concurrency },
    unit: "jobs/s",
    against: `bare claim and settle by ${batch}, one commit for both`,
    value: column(own, "perSecond"),
    limit: column(limit, "perSecond"),
    least: 0.7,
  });
  return [row];
}

/** The runtime is measured at its best: each is tried once. */
export async function bestConcurrency(
  bench: Pick<Bench<DrainInput>, "scale" | "size" | "fresh">,
  side: string,
  durability: Durability,
): Promise<number> {
  let best = { concurrency: 500, perSecond: 0 };
  if (bench.scale === "smoke") return best.concurrency;
  for (const concurrency of [100, 500, 1_000]) {
    const input = { durability, jobs: bench.size(50_000, 20_000, 0), concurrency };
    const { perSecond = 0 } = await bench.fresh(side, input);
    if (perSecond > best.perSecond) best = { concurrency, perSecond };
  }
  return best.concurrency;
}

/** One transaction a batch settles the last and claims the next. */
function bare({ durability, jobs }: DrainInput, folder: string): Figures {
  const store = new BareStore(folder, durability);
  const all = () => {
    let claimed = nothingClaimed;
    do {
      claimed = store.transaction(() => {
        store.settle(claimed);
        return store.claim(batch);
      });
    } while (claimed.count > 0);
  };
  store.fill(Math.ceil(jobs / 10));
  all();
  store.fill(jobs);
  const started = systemClock.monotonic();
  all();
  return { perSecond: (jobs * 1_000) / (systemClock.monotonic() - started) };
}

export async function drainLoop(input: DrainInput, folder: string): Promise<Figures> {
  const { job, runs } = loopNoop();
  const runtime = await openOurs(folder, job, input);
  const ms = await drainMs(runtime, job, input.jobs, undefined, runs);
  await runtime.stop();
  return { perSecond: (input.jobs * 1_000) / ms };
}
