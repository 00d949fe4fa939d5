import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { systemClock } from "../lib/base/clock.ts";
import { Followers } from "./followers.ts";
import { type Benchmark, column, compare, type Figures, type Row } from "./harness.ts";
import { after, loopNoop, openOurs, payload } from "./ours.ts";

interface Input {
  followers: number;
  /** A second. Each is told of three times: available, running, completed. */
  jobs: number;
  seconds: number;
}

export const httpEvents: Benchmark<Input> = {
  name: "http-events",
  question: "what do many followers of the events take, and how far behind is the slowest?",
  sides: { bare, ours },
  execArgv: ["--expose-gc"],
  async run(bench) {
    const input = {
      followers: bench.size(1_000, 1_000, 20),
      jobs: bench.size(10, 10, 10),
      seconds: bench.size(10, 5, 1),
    };
    const [limit, own] = await bench.interleave([
      ["bare", input],
      ["ours", input],
    ]);
    const row = (name: string, figure: string, unit: string): Row =>
      compare(bench.scale, {
        ...{ name, settings: { ...input }, unit, against: "bare hono with streamSSE" },
        ...{ value: column(own, figure), limit: column(limit, figure) },
      });
    const judged = (compared: Row, most: number): Row => {
      const met = bench.scale === "smoke" ? null : compared.value <= most;
      return { ...compared, reach: most, direction: "at most", of: "value", met };
    };
    return [
      judged(row("memory of a follower", "kibibytes", "KiB"), 100),
      judged(row("the slowest follower", "slowestMs", "ms"), 1_000),
      row("processor time of the followers' server", "cores", "cores"),
    ];
  },
};

const path = "/api/v2/events";
const eventsOfJob = 3;
/** Between two handfuls of jobs. */
const stepMs = 100;

/** `job`: what one job's moves take. */
async function followed(port: number, input: Input, job: () => unknown): Promise<Figures> {
  // A few compile what all use; the memory that they leave is counted as no follower's.
  const first = await Followers.open(port, path, Math.ceil(input.followers / 100));
  await steadily(input, job, 1);
  first.end();
  await after(stepMs);
  const before = await bytes();
  const all = await Followers.open(port, path, input.followers);
  const idle = await bytes();
  const started = process.cpuUsage();
  await steadily(input, job, input.seconds);
  const { user, system } = process.cpuUsage(started);
  const expected = input.jobs * input.seconds * eventsOfJob;
  const slowestMs = await all.slowestMs(expected);
  const most = Math.max(idle, await bytes()) - before;
  all.end();
  const cores = (user + system) / 1e6 / input.seconds;
  return { kibibytes: most / input.followers / 1_024, slowestMs, cores };
}

async function steadily({ jobs }: Input, job: () => unknown, seconds: number): Promise<void> {
  const started = systemClock.monotonic();
  for (let done = 0; done < jobs * seconds; ) {
    const due = ((systemClock.monotonic() - started) / 1_000) * jobs;
    for (; done < due && done < jobs * seconds; done++) job();
    await after(stepMs);
  }
}

/** What the process holds once all that can be given back is. */
async function bytes(): Promise<number> {
  await globalThis.gc?.({ type: "major", execution: "async", flavor: "last-resort" });
  return process.memoryUsage.rss();
}

async function ours(input: Input, folder: string): Promise<Figures> {
  const { job } = loopNoop();
  const runtime = await openOurs(folder, job, { http: { port: 0 } });
  await runtime.start();
  let n = 0;
  const enqueue = () => runtime.enqueue(job, payload(n++));
  const figures = await followed(runtime.listening?.port ?? 0, input, enqueue);
  await runtime.stop({ graceMs: 0 });
  return figures;
}

/** Each event is written to each follower as hono's own helper does it. */
async function bare(input: Input): Promise<Figures> {
  const open = new Set<SSEStreamingApi>();
  const app = new Hono();
  app.get(path, (c) =>
    streamSSE(c, async (stream) => {
      await stream.write("retry: 1000\n\n");
      open.add(stream);
      await new Promise<void>((resolve) => stream.onAbort(resolve));
      open.delete(stream);
    }),
  );
  const server = createServer(getRequestListener(app.fetch)).listen(0, "127.0.0.1");
  await once(server, "listening");
  let n = 0;
  return followed((server.address() as AddressInfo).port, input, () => {
    for (const event of ["available", "running", "completed"]) {
      const data = JSON.stringify(bareEvent(event, n));
      for (const stream of open) void stream.writeSSE({ id: String(n), event, data });
    }
    n++;
  });
}

/** As large as one of ours. */
function bareEvent(type: string, n: number): object {
  const id = String(n).padStart(26, "0");
  const name = "noop";
  const move = { id, name, queue: name, state: type, attempt: 1, remote: false };
  return { type, at: systemClock.now(), ...move };
}
