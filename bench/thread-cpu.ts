import { availableParallelism } from "node:os";
import { defineJob } from "../actors/index.ts";
import { sibling } from "../lib/base/sibling.ts";
import { spin } from "./bare/threads.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";
import { iterationsOfOneMs } from "./kernel.ts";
import { drainMs, openOurs } from "./ours.ts";

interface Input {
  jobs: number;
  iterations: number;
}

export const threadCpu: Benchmark<Input> = {
  name: "thread-cpu",
  question: "how much of the cores do jobs of 1 ms of CPU get?",
  sides: { calibration: () => ({ iterations: iterationsOfOneMs() }), bare: spin, ours },
  async run(bench) {
    const jobs = bench.size(6_000, 3_000, 100);
    const { iterations = 1_000 } = await bench.fresh("calibration", { jobs, iterations: 0 });
    const [limit, own] = await bench.interleave([
      ["bare", { jobs, iterations }],
      ["ours", { jobs, iterations }],
    ]);
    const threads = availableParallelism();
    const row = compare(bench.scale, {
      name: "thread jobs, 1 ms of CPU",
      settings: { durability: "fsync", jobs, threads, pbkdf2: iterations },
      unit: "jobs/s",
      against: `${threads} bare threads with the same work in a loop`,
      value: column(own, "perSecond"),
      limit: column(limit, "perSecond"),
      least: 0.85,
    });
    return [row];
  },
};

async function ours({ jobs, iterations }: Input, folder: string): Promise<Figures> {
  const job = defineJob("pbkdf2", { thread: sibling(import.meta.url, "./pbkdf2-entry") });
  const runtime = await openOurs(folder, job);
  const ms = await drainMs(runtime, job, jobs, () => ({ iterations }));
  await runtime.stop();
  return { perSecond: (jobs * 1_000) / ms };
}
