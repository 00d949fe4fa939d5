import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, eventually, refuses, signal } from "../actors/kit.ts";
import { call, served } from "./kit.ts";

const faulty = defineJob("faulty", {
  maxAttempts: 1,
  run: ({ at }: { at: number }) => Promise.reject(new Error(`no ${at}`)),
});
const later = defineJob("later", { backoff: "1h", run: () => Promise.reject(new Error("busy")) });

interface Listed {
  count: number;
  jobs: Record<string, unknown>[];
}

function web(port: number) {
  const ask = (method: string) => (path: string) =>
    call(port, method, `/compat/gocraft${path}`).then(({ status, body }) => {
      return { status, body: body as unknown };
    });
  return { get: ask("GET"), post: ask("POST") };
}

test("queues, pools and busy workers have gocraft/work's shapes", bounded, async (t) => {
  const entered = signal();
  const release = signal();
  const slow = defineJob("slow", {
    async run(_args: object, ctx) {
      ctx.checkIn("half way");
      entered.resolve();
      await release.promise;
    },
  });
  const jobs = [slow, faulty];
  const { runtime, port } = await served(t, {}, { jobs, concurrency: 3, threads: 1 });
  const { get } = web(port);
  assert.equal((await get("/busy_workers")).body, null);
  await runtime.queues.pause("faulty");
  await runtime.enqueue(faulty, { at: 0 });
  const { id } = await runtime.enqueue(slow, { size: 1 });
  await entered.promise;
  const [first, ...others] = (await get("/queues")).body as Record<string, unknown>[];
  assert.ok(Number.isInteger(first?.latency));
  assert.deepEqual(
    [{ ...first, latency: 0 }, ...others],
    [
      { job_name: "faulty", count: 1, latency: 0 },
      { job_name: "slow", count: 0, latency: 0 },
    ],
  );
  const [pool] = (await get("/worker_pools")).body as Record<string, unknown>[];
  const [worker] = await runtime.workers.list();
  assert.deepEqual(pool, {
    worker_pool_id: worker?.id,
    started_at: Math.floor((worker?.startedAt ?? 0) / 1000),
    heartbeat_at: Math.floor((worker?.heartbeatAt ?? 0) / 1000),
    job_names: ["faulty", "slow"],
    concurrency: 4,
    ...{ host: worker?.host, pid: process.pid },
    worker_ids: [0, 1, 2, 3].map((at) => `${worker?.id}-${at}`),
  });
  const [busy] = await eventually(
    async () => (await get("/busy_workers")).body as Record<string, unknown>[],
    ([one]) => one?.checkin !== "",
  );
  assert.ok(Number(busy?.started_at) > 1.7e9);
  assert.deepEqual(
    { ...busy, started_at: 0 },
    {
      ...{ worker_id: `${worker?.id}-0`, is_busy: true, job_name: "slow", job_id: id },
      ...{ started_at: 0, args_json: '{"size":1}', checkin: "half way", checkin_at: 0 },
    },
  );
  release.resolve();
  await runtime.result(id);
});

test(
  "retry and scheduled jobs come by their time, 20 a page, with how many",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs: [faulty, later] });
    const { get } = web(port);
    await runtime.enqueueMany(
      Array.from({ length: 25 }, (_, at) => ({
        ...{ job: faulty, args: { at } },
        delay: 3_600_000 - at * 60_000,
      })),
    );
    const first = (await get("/scheduled_jobs")).body as Listed;
    assert.deepEqual([first.count, first.jobs.length], [25, 20]);
    assert.deepEqual(
      first.jobs.map(({ args }) => args),
      Array.from({ length: 20 }, (_, at) => ({ at: 24 - at })),
    );
    const [{ run_at: runAt, t: at, ...rest } = {}] = first.jobs;
    assert.equal(Math.round((Number(runAt) - Number(at)) / 60), 36);
    assert.deepEqual(Object.keys(rest), ["name", "id", "args"]);
    const second = (await get("/scheduled_jobs?page=2")).body as Listed;
    assert.deepEqual([second.count, second.jobs.length], [25, 5]);
    assert.deepEqual((await get("/scheduled_jobs?page=3")).body, { count: 25, jobs: [] });
    assert.deepEqual((await get("/scheduled_jobs?page=0")).body, first);
    const { id } = await runtime.enqueue(later);
    for await (const { type } of runtime.events({ types: ["retryable"] })) {
      if (type === "retryable") break;
    }
    const retry = (await get("/retry_jobs?page=1")).body as Listed;
    const [{ retry_at: retryAt, t: since, failed_at: failedAt, ...job } = {}] = retry.jobs;
    assert.equal(retry.count, 1);
    assert.ok(Number(retryAt) >= Number(failedAt) + 3599 && Number(failedAt) >= Number(since));
    assert.deepEqual(job, { name: "later", id, args: null, fails: 1, err: "busy" });
  },
);

test("a dead job is deleted or retried by its id and second; then all", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs: [faulty] });
  const { get, post } = web(port);
  const die = async (at: number) => {
    await refuses(runtime.enqueueAndWait(faulty, { at }), "ERR_ERGATE_RESULT_DEAD");
  };
  for (let at = 0; at < 4; at++) await die(at);
  const dead = async () => (await get("/dead_jobs")).body as Listed;
  const { count, jobs } = await dead();
  assert.equal(count, 4);
  assert.deepEqual(
    jobs.map(({ err }) => err),
    ["no 0", "no 1", "no 2", "no 3"],
  );
  await runtime.queues.pause("faulty");
  const [one, other] = jobs;
  const named = (job?: Record<string, unknown>) => `${job?.died_at}/${job?.id}`;
  assert.deepEqual(await post(`/delete_dead_job/${named(one)}`), {
    ...{ status: 200, body: { status: "ok" } },
  });
  assert.deepEqual(await post(`/delete_dead_job/${named(one)}`), {
    ...{ status: 404, body: { error: "nothing deleted" } },
  });
  const wrong = `${Number(other?.died_at) + 1}/${other?.id}`;
  assert.deepEqual(await post(`/retry_dead_job/${wrong}`), {
    ...{ status: 404, body: { error: "nothing retried" } },
  });
  assert.deepEqual((await post(`/retry_dead_job/${named(other)}`)).body, { status: "ok" });
  assert.equal((await runtime.jobs.get(String(other?.id)))?.state, "available");
  assert.equal((await dead()).count, 2);
  assert.deepEqual((await post("/retry_all_dead_jobs")).body, { status: "ok" });
  assert.equal((await dead()).count, 0);
  assert.equal(await runtime.jobs.count({ state: "available" }), 3);
  await runtime.queues.resume("faulty");
  await runtime.queues.drain();
  assert.equal((await dead()).count, 3);
  assert.deepEqual((await post("/delete_all_dead_jobs")).body, { status: "ok" });
  assert.equal(await runtime.jobs.count(), 0);
});

test("a bad page is refused, moves need the right to operate, its own ping answers", async (t) => {
  const secrets = [{ name: "viewer", secret: "viewer-secret", rights: "read" as const }];
  const { port } = await served(t, { secrets });
  const headers = { authorization: "Bearer viewer-secret" };
  const ask = (method: string, path: string) =>
    call(port, method, `/compat/gocraft${path}`, { headers });
  const bad = await ask("GET", "/dead_jobs?page=x");
  assert.deepEqual([bad.status, bad.body], [400, { error: "page: must be a whole number" }]);
  assert.equal((await ask("POST", "/delete_all_dead_jobs")).status, 403);
  const ping = await ask("GET", "/ping");
  assert.equal(ping.body.ping, "pong");
  assert.equal(ping.headers["content-type"], "application/json; charset=utf-8");
  assert.equal((await call(port, "GET", "/compat/gocraft/ping")).status, 401);
});
