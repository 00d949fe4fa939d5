import type { Durability } from "../lib/job/job.ts";
import { drainPiscina } from "./bare/threads.ts";
import { bestConcurrency, type DrainInput, drainLoop } from "./drain.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";
import { drainMs, openOurs, threadNoop } from "./ours.ts";

export const threadOverhead: Benchmark<DrainInput> = {
  name: "thread-overhead",
  question: "what does a job in a thread cost, beside Piscina and beside the loop?",
  sides: {
    piscina: ({ jobs }) => drainPiscina({ jobs, width }),
    loop: drainLoop,
    ours,
  },
  async run(bench) {
    const durability: Durability = "fsync";
    const jobs = bench.size(50_000, 30_000, 1_000);
    const concurrency = await bestConcurrency(bench, "loop", durability);
    const input = { durability, jobs, concurrency };
    const [piscina, loop, own] = await bench.interleave([
      ["piscina", input],
      ["loop", input],
      ["ours", input],
    ]);
    const settings = { durability, jobs };
    const common = { settings, unit: "jobs/s", value: column(own, "perSecond") };
    return [
      compare(bench.scale, {
        ...common,
        name: "thread jobs, no-op",
        against: `bare Piscina without storage, one run() a job, ${width} under way`,
        limit: column(piscina, "perSecond"),
        least: 2,
      }),
      compare(bench.scale, {
        ...common,
        name: "thread jobs beside loop jobs",
        against: `the same jobs in the loop, concurrency ${concurrency}`,
        limit: column(loop, "perSecond"),
        least: 0.8,
      }),
    ];
  },
};

const width = 512;

async function ours({ durability, jobs }: DrainInput, folder: string): Promise<Figures> {
  const job = threadNoop();
  const runtime = await openOurs(folder, job, { durability });
  const ms = await drainMs(runtime, job, jobs);
  await runtime.stop();
  return { perSecond: (jobs * 1_000) / ms };
}
