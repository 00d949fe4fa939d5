import { claimFigures } from "./claiming.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";

interface Input {
  waiting: number;
  batches: number;
}

export const claimCost: Benchmark<Input> = {
  name: "claim-cost",
  question: "does a claim cost more when more jobs wait?",
  sides: { claims },
  async run(bench) {
    const batches = bench.size(50, 50, 3);
    const [few, more, most] = [
      { waiting: bench.size(10_000, 10_000, 700), batches },
      { waiting: bench.size(100_000, 100_000, 1_000), batches },
      { waiting: bench.size(2_000_000, 300_000, 2_000), batches },
    ];
    const [small, middle, large] = await bench.interleave([
      ["claims", few],
      ["claims", more],
      ["claims", most],
    ]);
    const row = ({ waiting }: Input, figures: Figures[]) =>
      compare(bench.scale, {
        name: "claim cost",
        settings: { durability: "wal", waiting, batch, cache: "warm" },
        unit: "µs/job",
        against: `the same with ${few.waiting} waiting`,
        value: column(figures, "usPerJob"),
        limit: column(small, "usPerJob"),
        most: 1.3,
      });
    return [row(more, middle), row(most, large)];
  },
};

const batch = 100;

function claims({ waiting, batches }: Input, folder: string): Promise<Figures> {
  const jobs = [[{ name: "noop", queue: "noop", count: waiting }]];
  return claimFigures({ waiting: jobs, names: ["noop"], batch, batches }, folder);
}
