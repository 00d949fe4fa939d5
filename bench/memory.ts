import { type Benchmark, column, compare, type Figures } from "./harness.ts";
import { fill, loopNoop, openOurs } from "./ours.ts";

interface Input {
  few: number;
  many: number;
}

export const memory: Benchmark<Input> = {
  name: "memory",
  question: "does a runtime grow with the jobs that went through it?",
  sides: { ours },
  execArgv: ["--expose-gc"],
  async run(bench) {
    const input = {
      few: bench.size(100_000, 50_000, 2_000),
      many: bench.size(1_000_000, 300_000, 5_000),
    };
    const [own] = await bench.interleave([["ours", input]]);
    const row = compare(bench.scale, {
      name: "memory",
      settings: { durability: "fsync", jobs: input.many, place: "thread" },
      unit: "MB",
      against: `its own after ${input.few} jobs`,
      value: column(own, "many"),
      limit: column(own, "few"),
      most: 1.2,
    });
    return [row];
  },
};

const batch = 5_000;
const ahead = 10_000;

/** Enqueues while it drains, some batches ahead. */
async function ours({ few, many }: Input, folder: string): Promise<Figures> {
  const { job, runs } = loopNoop();
  const runtime = await openOurs(folder, job, { concurrency: 500 });
  await runtime.start();
  let sent = 0;
  const through = async (count: number) => {
    while (sent < count) {
      const size = Math.min(batch, count - sent);
      await runs.reaches(sent - ahead);
      await fill(runtime, job, size);
      sent += size;
    }
    await runs.reaches(count);
  };
  await through(few);
  const first = await megabytes();
  await through(many);
  const second = await megabytes();
  await runtime.stop();
  return { few: first, many: second };
}

/** What V8 could give back and only has not yet is no growth: its last resort gives it back. */
async function megabytes(): Promise<number> {
  await globalThis.gc?.({ type: "major", execution: "async", flavor: "last-resort" });
  return process.memoryUsage.rss() / 1e6;
}
