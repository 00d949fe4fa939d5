import { defineJob } from "../actors/index.ts";
import { systemClock } from "../lib/base/clock.ts";
import { BareStore } from "./bare/store.ts";
import { echoThread } from "./bare/threads.ts";
import { percentile } from "./figures.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";
import { after, openOurs, payload } from "./ours.ts";

interface Input {
  samples: number;
}

export const idleLatency: Benchmark<Input> = {
  name: "idle-latency",
  question: "how soon does an idle runtime start a job that is enqueued?",
  sides: { bare, ours },
  async run(bench) {
    const input = { samples: bench.size(600, 500, 10) };
    const [limit, own] = await bench.interleave([
      ["bare", input],
      ["ours", input],
    ]);
    const against = "one bare FULL commit and one round trip through a thread";
    const row = (name: string, most?: number) =>
      compare(bench.scale, {
        name: `idle latency, ${name}`,
        settings: { durability: "fsync", ...input },
        unit: "ms",
        against,
        value: column(own, name),
        limit: column(limit, name),
        ...(most === undefined ? {} : { most }),
      });
    return [row("p50", 2), row("p99")];
  },
};

/** Between two samples, on both sides: a core that sleeps takes its time to wake. */
const idleMs = 3;
const warmUp = 50;

async function sampled(samples: number, one: () => Promise<number>): Promise<Figures> {
  for (let left = warmUp; left > 0; left--) await one();
  const taken: number[] = [];
  while (taken.length < samples) {
    taken.push(await one());
    await after(idleMs);
  }
  return { p50: percentile(taken, 0.5), p99: percentile(taken, 0.99) };
}

async function bare({ samples }: Input, folder: string): Promise<Figures> {
  const store = new BareStore(folder, "fsync");
  const thread = echoThread();
  await thread.trip();
  const figures = await sampled(samples, async () => {
    const started = systemClock.monotonic();
    store.transaction(() => store.insert(1));
    await thread.trip();
    return systemClock.monotonic() - started;
  });
  await thread.end();
  return figures;
}

async function ours({ samples }: Input, folder: string): Promise<Figures> {
  let entered = (_at: number): void => undefined;
  const job = defineJob("noop", { run: () => entered(systemClock.monotonic()) });
  const runtime = await openOurs(folder, job);
  await runtime.start();
  const figures = await sampled(samples, async () => {
    const entry = new Promise<number>((resolve) => {
      entered = resolve;
    });
    const started = systemClock.monotonic();
    const { id } = await runtime.enqueue(job, payload(0));
    const ms = (await entry) - started;
    // Idle again once it is settled.
    while ((await runtime.jobs.get(id))?.state !== "completed") await after(1);
    return ms;
  });
  await runtime.stop();
  return figures;
}
