import { limits } from "../lib/base/limits.ts";
import type { DeclaredQueue } from "../lib/job/queue.ts";
import type { StoredDefinition } from "../lib/job/registry.ts";
import { claimFigures, type Waiting } from "./claiming.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";

interface Input {
  waiting: number;
  batches: number;
}

export const claimLimits: Benchmark<Input> = {
  name: "claim-limits",
  question: "what do limits and weights cost a claim, and jobs that are held back before it?",
  sides: { plain, limited, held },
  async run(bench) {
    const input = { waiting: bench.size(100_000, 100_000, 8_000), batches: bench.size(50, 50, 3) };
    const [one, fifty, behind] = await bench.interleave([
      ["plain", input],
      ["limited", input],
      ["held", input],
    ]);
    const common = { durability: "wal", waiting: input.waiting, batch };
    return [
      compare(bench.scale, {
        name: "claim with limits",
        settings: { ...common, queues: queueCount },
        unit: "jobs/s",
        against: "claim on one queue without a limit",
        value: column(fifty, "perSecond"),
        limit: column(one, "perSecond"),
        least: 0.7,
      }),
      compare(bench.scale, {
        name: "claim behind held jobs",
        settings: { ...common, held: input.waiting },
        unit: "µs/job",
        against: "the same without held jobs before it",
        value: column(behind, "usPerJob"),
        limit: column(one, "usPerJob"),
        most: 1.3,
      }),
    ];
  },
};

/** As much as one transaction of a runtime claims. */
const batch = limits.claimRows;
const queueCount = 50;

function plain({ waiting, batches }: Input, folder: string): Promise<Figures> {
  return claimFigures({ waiting: [[noops(waiting)]], names: ["noop"], batch, batches }, folder);
}

/** Fifty queues with weights, concurrencies and rates that are high enough to let all pass. */
function limited({ waiting, batches }: Input, folder: string): Promise<Figures> {
  const names = Array.from({ length: queueCount }, (_, at) => `job-${at}`);
  const queues = names.map(
    (name, at): DeclaredQueue => ({
      name,
      settings: {
        weight: 1 + (at % 5),
        concurrency: 1_000_000,
        rate: { limit: 1_000_000, perMs: 1 },
      },
      paused: undefined,
    }),
  );
  const count = Math.ceil(waiting / queueCount);
  const jobs = names.map((name) => ({ name, queue: name, count }));
  return claimFigures({ waiting: [jobs], names, queues, batch, batches }, folder);
}

/** Half of those before it are limited and have no place free, half are of no name known here. */
function held({ waiting, batches }: Input, folder: string): Promise<Figures> {
  const half = Math.ceil(waiting / 2);
  const jobs: Waiting[][] = [
    [
      { name: "limited", queue: "noop", count: half },
      { name: "novel", queue: "noop", count: half },
    ],
    [noops(waiting)],
  ];
  const definitions: StoredDefinition[] = [
    {
      ...{ name: "limited", queue: "noop", priority: 0, maxAttempts: 4, timeoutMs: undefined },
      ...{ crashLimit: 3, concurrency: 1, unique: undefined },
    },
  ];
  return claimFigures(
    { waiting: jobs, names: ["limited", "noop"], definitions, batch, batches },
    folder,
  );
}

function noops(count: number): Waiting {
  return { name: "noop", queue: "noop", count };
}
