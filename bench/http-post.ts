import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Server } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { systemClock } from "../lib/base/clock.ts";
import { idMaker } from "../lib/base/id.ts";
import { systemRandom } from "../lib/base/random.ts";
import { BareCommits } from "./bare/commits.ts";
import { type Bench, type Benchmark, column, compare, type Figures, type Row } from "./harness.ts";
import { httpRequest, openLoad } from "./load.ts";
import { loopNoop, openOurs, payload } from "./ours.ts";

interface Input {
  calls: number;
  connections: number;
  api: keyof typeof apis;
  /** Whether the jobs that come run meanwhile; else their queue is paused. */
  runs: boolean;
}

interface Api {
  path: string;
  status: number;
  body(n: number): object;
  /** The arguments in a body. */
  argsIn(body: never): object;
  /** What it is answered with. */
  answer(id: string): object;
}

/** What is posted where, and how it is answered. */
const apis = {
  v2: {
    path: "/api/v2/jobs",
    status: 201,
    body: (n: number) => ({ job: "noop", args: payload(n) }),
    argsIn: ({ args }: { args: object }) => args,
    answer: (id) => ({
      ...{ id, disposition: "created", state: "available", durability: "fsync" },
    }),
  },
  v1: {
    path: "/api/v1/jobs",
    status: 202,
    body: (n: number) => ({
      job: { name: "noop", parameters: payload(n), metadata: { kind: "Generic", unique: false } },
    }),
    argsIn: ({ job }: { job: { parameters: object } }) => job.parameters,
    answer: (id) => ({
      job: {
        ...{ id, status: "Pending", name: "noop", kind: "Generic", unique: false },
        ...{ ref_link: `/api/v1/jobs/${id}`, enqueue_time: 1e9, update_time: 1e9 },
        multiple_executions: false,
      },
    }),
  },
} as const satisfies Record<string, Api>;

export const httpPost: Benchmark<Input> = {
  name: "http-post",
  question: "how many jobs a second does the HTTP server take?",
  sides: { bare, ours, silent },
  async run(bench) {
    const calls = bench.size(40_000, 15_000, 640);
    const rows: Row[] = [];
    for (const api of Object.keys(apis) as (keyof typeof apis)[]) {
      rows.push(...(await rowsOf(bench, { api, calls, connections: 64, runs: false }, 0.5)));
    }
    return rows;
  },
};

async function rowsOf(bench: Bench<Input>, input: Input, least: number): Promise<Row[]> {
  const [bare, own, busy, silent] = await bench.interleave([
    ["bare", input],
    ["ours", input],
    ["ours", { ...input, runs: true }],
    ["silent", input],
  ]);
  const { api, connections, calls } = input;
  const row = (name: string, value: Figures[], more: Partial<Parameters<typeof compare>[1]> = {}) =>
    compare(bench.scale, {
      name,
      settings: { path: apis[api].path, durability: "fsync", connections, calls },
      unit: "requests/s",
      against: "a bare hono route that answers the same after a bare group commit",
      value: column(value, "perSecond"),
      limit: column(bare, "perSecond"),
      ...more,
    });
  const cpu = { unit: "µs", value: column(own, "cpuUs"), limit: column(bare, "cpuUs") };
  return [
    row("POST of a job", own, { least }),
    row("POST of a job, processor time of the server", own, cpu),
    row("POST of a job, while they run", busy),
    row("POST of a job, the client alone", silent, {
      against: "the bare route: a client that is no faster would be what is measured",
    }),
  ];
}

/**
 * Both sides warm up with as many calls as are measured: V8 compiles for some 20 000 requests, and
 * ours, which has more code, took 106 µs of its loop for each of the first 10 000, and 58 later.
 */
async function loaded({ api, calls, connections }: Input, port: number, status: number) {
  const { path, body } = apis[api];
  const requests = Array.from({ length: 1_000 }, (_, n) => httpRequest("POST", path, body(n)));
  const load = await openLoad({ port, connections, requests, status });
  await load.run(calls);
  const before = process.cpuUsage();
  const figures = await load.run(calls);
  const { user, system } = process.cpuUsage(before);
  load.end();
  return { ...figures, cpuUs: (user + system) / calls };
}

async function ours(input: Input, folder: string): Promise<Figures> {
  const { job } = loopNoop();
  const runtime = await openOurs(folder, job, { http: { port: 0 } });
  await runtime.start();
  if (!input.runs) await runtime.queues.pause(job.queue);
  const figures = await loaded(input, runtime.listening?.port ?? 0, apis[input.api].status);
  await runtime.stop({ graceMs: 0 });
  return figures;
}

async function bare(input: Input, folder: string): Promise<Figures> {
  const commits = await BareCommits.open(folder, "fsync");
  const newId = idMaker(systemClock, systemRandom());
  const app = new Hono();
  const { path, argsIn, answer }: Api = apis[input.api];
  app.post(path, async (c) => {
    const args = argsIn((await c.req.json()) as never);
    const id = newId();
    await commits.insert(id, JSON.stringify(args));
    return c.json(answer(id), 202);
  });
  const server = createServer(getRequestListener(app.fetch)).listen(0, "127.0.0.1");
  return loaded(input, await portOf(server), 202);
}

async function portOf(server: Server): Promise<number> {
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Answers at once what it does not read: what is left is the client. */
async function silent(input: Input): Promise<Figures> {
  const answer = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
  const server = createSocketServer({ noDelay: true }, (socket) => {
    socket.on("data", () => socket.write(answer));
  });
  server.listen(0, "127.0.0.1");
  return loaded(input, await portOf(server), 202);
}
