import { monitorEventLoopDelay } from "node:perf_hooks";
import { rounded, spreadOf } from "./figures.ts";
import { type Bench, type Benchmark, column, type Figures, type Row } from "./harness.ts";
import { after, drainMs, fill, loopNoop, openOurs } from "./ours.ts";

interface Input {
  jobs: number;
  idleMs: number;
}

export const loopStall: Benchmark<Input> = {
  name: "loop-stall",
  question: "how long does a drain hold the host's event loop up at most?",
  sides: { idle, draining },
  async run(bench) {
    const input = {
      jobs: bench.size(100_000, 50_000, 1_000),
      idleMs: bench.size(2_000, 1_000, 50),
    };
    const [quiet, busy] = await bench.interleave([
      ["idle", input],
      ["draining", input],
    ]);
    return [rowOf(bench, input, column(quiet, "max"), column(busy, "max"))];
  },
};

const mostMs = 10;

/**
 * The best of the rounds on each side: a longest stall only ever grows with what else the machine
 * does. Judged by the difference, since a ratio of two stalls says nothing.
 */
function rowOf(bench: Bench<Input>, { jobs }: Input, idleMs: number[], busyMs: number[]): Row {
  const limit = Math.min(...idleMs);
  const value = Math.min(...busyMs) - limit;
  const differences = busyMs.map((ms) => rounded(ms - limit));
  return {
    name: "longest stall of the event loop",
    settings: { durability: "fsync", jobs, concurrency, best: `of ${busyMs.length}` },
    value: rounded(value),
    unit: "ms",
    limit: rounded(limit),
    ratio: rounded((value + limit) / limit),
    reach: mostMs,
    met: bench.scale === "smoke" ? null : value <= mostMs,
    direction: "at most",
    of: "value",
    against: "more than the longest of an idle runtime",
    rounds: busyMs.length,
    spread: spreadOf(differences),
  };
}

const concurrency = 500;
const settleMs = 50;

/** The longest while `action` lasts. A histogram that was reset would miss the first delay. */
async function longestMs(action: () => Promise<unknown>): Promise<Figures> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  // Its first tick has nothing to be late for: let it be before the action begins.
  await after(settleMs);
  await action();
  await after(settleMs);
  histogram.disable();
  return { max: histogram.max / 1e6 };
}

async function draining({ jobs }: Input, folder: string): Promise<Figures> {
  const { job, runs } = loopNoop();
  const runtime = await openOurs(folder, job, { concurrency });
  await drainMs(runtime, job, Math.ceil(jobs / 10), undefined, runs);
  const warm = runs.count;
  await runtime.queues.pause(job.queue);
  await fill(runtime, job, jobs);
  const figures = await longestMs(async () => {
    await runtime.queues.resume(job.queue);
    await runs.reaches(warm + jobs);
  });
  await runtime.stop();
  return figures;
}

async function idle({ idleMs }: Input, folder: string): Promise<Figures> {
  const { job } = loopNoop();
  const runtime = await openOurs(folder, job, { concurrency });
  await runtime.start();
  const figures = await longestMs(() => after(idleMs));
  await runtime.stop();
  return figures;
}
