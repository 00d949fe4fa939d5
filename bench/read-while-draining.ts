import type { Runtime } from "../actors/index.ts";
import { systemClock } from "../lib/base/clock.ts";
import { percentile } from "./figures.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";
import { drainMs, fill, loopNoop, openOurs, payload } from "./ours.ts";

interface Input {
  jobs: number;
  reads: number;
}

export const readWhileDraining: Benchmark<Input> = {
  name: "read-while-draining",
  question: "how long does looking up a job take while others are drained?",
  sides: { idle: (input, folder) => reads(input, folder, false), draining },
  async run(bench) {
    const input = {
      jobs: bench.size(200_000, 100_000, 2_000),
      reads: bench.size(3_000, 2_000, 50),
    };
    const [quiet, busy] = await bench.interleave([
      ["idle", input],
      ["draining", input],
    ]);
    const row = (name: string, most?: number) =>
      compare(bench.scale, {
        name: `keyed read while draining, ${name}`,
        settings: { durability: "fsync", jobs: input.jobs, concurrency },
        unit: "ms",
        against: "the same on an idle runtime",
        value: column(busy, name),
        limit: column(quiet, name),
        ...(most === undefined ? {} : { most }),
      });
    return [row("p99", 3), row("p50")];
  },
};

const concurrency = 500;

function draining(input: Input, folder: string): Promise<Figures> {
  return reads(input, folder, true);
}

/** One read by id after the other: idle so many, draining until the drain is over. */
async function reads({ jobs, reads: wanted }: Input, folder: string, drains: boolean) {
  const { job, runs } = loopNoop();
  const runtime = await openOurs(folder, job, { concurrency });
  await drainMs(runtime, job, Math.ceil(jobs / 10), undefined, runs);
  const warm = runs.count;
  await runtime.queues.pause(job.queue);
  await fill(runtime, job, jobs);
  const ids = await someIds(runtime, wanted);
  await timed(runtime, ids, (taken) => taken < wanted / 10);
  if (!drains) return finish(runtime, await timed(runtime, ids, (taken) => taken < wanted));
  await runtime.queues.resume(job.queue);
  return finish(runtime, await timed(runtime, ids, () => runs.count < warm + jobs));
}

async function someIds(runtime: Runtime, count: number): Promise<string[]> {
  const job = "noop";
  const requests = Array.from({ length: Math.min(count, 1_000) }, (_, n) => {
    return { job, args: payload(n), delay: "1h" };
  });
  return (await runtime.enqueueMany(requests)).map(({ id }) => id);
}

async function timed(runtime: Runtime, ids: string[], goesOn: (taken: number) => boolean) {
  const samples: number[] = [];
  while (goesOn(samples.length)) {
    // A stride that shares no factor with the count: neighbours lie on one page.
    const id = ids[(samples.length * 7919) % ids.length] ?? "";
    const started = systemClock.monotonic();
    await runtime.jobs.get(id);
    samples.push(systemClock.monotonic() - started);
  }
  return samples;
}

async function finish(runtime: Runtime, samples: readonly number[]): Promise<Figures> {
  await runtime.stop({ graceMs: 0 });
  const [p50, p99] = [percentile(samples, 0.5), percentile(samples, 0.99)];
  return { p50, p99, samples: samples.length };
}
