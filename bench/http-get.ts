import type { Runtime } from "../actors/index.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";
import { httpRequest, openLoad } from "./load.ts";
import { drainMs, fill, loopNoop, openOurs, payload } from "./ours.ts";

interface Input {
  jobs: number;
  reads: number;
}

export const httpGet: Benchmark<Input> = {
  name: "http-get",
  question: "how long does looking up a job over HTTP take while others are drained?",
  sides: {
    idle: (input, folder) => gets(input, folder, false),
    draining: (input, folder) => gets(input, folder, true),
  },
  async run(bench) {
    const input = {
      jobs: bench.size(200_000, 100_000, 2_000),
      reads: bench.size(5_000, 3_000, 50),
    };
    const [quiet, busy] = await bench.interleave([
      ["idle", input],
      ["draining", input],
    ]);
    const row = (name: string, most?: number) =>
      compare(bench.scale, {
        name: `GET of a job while draining, ${name}`,
        settings: { durability: "fsync", jobs: input.jobs, connections: 1 },
        unit: "ms",
        against: "the same on an idle runtime",
        value: column(busy, name),
        limit: column(quiet, name),
        ...(most === undefined ? {} : { most }),
      });
    return [row("p99", 3), row("p50")];
  },
};

/** One GET after the other: idle so many, draining until the drain is over. */
async function gets({ jobs, reads }: Input, folder: string, drains: boolean): Promise<Figures> {
  const { job, runs } = loopNoop();
  const runtime = await openOurs(folder, job, { http: { port: 0 } });
  await drainMs(runtime, job, Math.ceil(jobs / 10), undefined, runs);
  const warm = runs.count;
  await runtime.queues.pause(job.queue);
  await fill(runtime, job, jobs);
  const requests = await lookups(runtime);
  const port = runtime.listening?.port ?? 0;
  const load = await openLoad({ port, connections: 1, requests, status: 200 });
  await load.run(Math.ceil(reads / 5));
  if (drains) await runtime.queues.resume(job.queue);
  const figures = await load.run(drains ? runs.reaches(warm + jobs) : reads);
  load.end();
  await runtime.stop({ graceMs: 0 });
  return figures;
}

/** Of jobs that wait for their time. */
async function lookups(runtime: Runtime): Promise<string[]> {
  const wanted = Array.from({ length: 1_000 }, (_, n) => {
    return { job: "noop", args: payload(n), delay: "1h" };
  });
  const receipts = await runtime.enqueueMany(wanted);
  // A stride that shares no factor with the count: neighbours lie on one page.
  const ids = receipts.map((_, at) => receipts[(at * 7919) % receipts.length]?.id);
  return ids.map((id) => httpRequest("GET", `/api/v2/jobs/${id}`));
}
