import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import { bounded, newFile, refuses } from "../actors/kit.ts";
import { type Exposed, exposed } from "./exposition.ts";
import { call, served } from "./kit.ts";

const echo = defineJob("echo", {
  run(args: unknown, ctx) {
    ctx.log.info("hello");
    return args;
  },
});
const flaky = defineJob("flaky", {
  ...{ maxAttempts: 2, backoff: 0 },
  run: () => Promise.reject(new Error("no")),
});
const jobs = [echo, flaky];

async function scraped(port: number): Promise<Map<string, Exposed>> {
  const { status, headers, body } = await call(port, "GET", "/metrics");
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  return exposed(String(body.text));
}

function valueIn(families: Map<string, Exposed>, sample: string): number | undefined {
  const [name = ""] = /^\w+/.exec(sample) ?? [];
  return families.get(name.replace(/_(bucket|sum|count)$/, ""))?.samples.get(sample);
}

test("a scrape tells what was done, exactly where that can be known", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs, storage: newFile(t) });
  for (let at = 0; at < 3; at++) await runtime.enqueueAndWait(echo, at);
  await refuses(runtime.enqueueAndWait(flaky), "ERR_ERGATE_RESULT_DEAD");
  await runtime.enqueue(echo, 1, { delay: "1h" });
  await runtime.queues.pause("echo");
  for (let at = 0; at < 2; at++) await runtime.enqueue(echo, at);
  const first = await runtime.jobs.list({ queue: "echo", limit: 1 });
  await runtime.jobs.logs(first.items[0]?.id ?? "");
  const families = await scraped(port);
  const exact: Record<string, number> = {
    'ergate_queue_jobs{queue="echo",state="available"}': 2,
    'ergate_queue_jobs{queue="echo",state="scheduled"}': 1,
    'ergate_queue_jobs{queue="echo",state="completed"}': 3,
    'ergate_queue_jobs{queue="flaky",state="dead"}': 1,
    'ergate_job_runs_total{job="echo",outcome="completed"}': 3,
    'ergate_job_runs_total{job="flaky",outcome="failed"}': 1,
    'ergate_job_runs_total{job="flaky",outcome="dead"}': 1,
    'ergate_job_errors_total{job="flaky",outcome="failed"}': 1,
    'ergate_job_errors_total{job="echo",outcome="dead"}': 0,
    'ergate_job_run_duration_seconds_count{job="echo"}': 3,
    'ergate_job_wait_duration_seconds_bucket{job="flaky",le="+Inf"}': 2,
    'ergate_queue_latency_seconds{queue="flaky"}': 0,
    ergate_log_lines_total: 3,
    ergate_log_pending_lines: 0,
    'ergate_workers{status="healthy"}': 1,
    'ergate_workers{status="dead"}': 0,
    'ergate_actor_restarts_total{path="root/queue"}': 0,
    'ergate_actor_dead_letters_total{fate="full"}': 0,
    ergate_store_commit_failures_total: 0,
    ergate_lingering_runs: 0,
  };
  for (const [sample, value] of Object.entries(exact)) {
    assert.equal(valueIn(families, sample), value, sample);
  }
  const above = [
    ...["ergate_store_commit_rows_count", "ergate_store_commit_rows_sum"],
    ...["ergate_store_commit_duration_seconds_sum", "ergate_store_wal_bytes"],
    ...["ergate_log_commits_total", 'ergate_job_run_duration_seconds_sum{job="echo"}'],
  ];
  for (const sample of above) assert.ok((valueIn(families, sample) ?? 0) > 0, sample);
  const shown = [...families.keys()];
  for (const name of ["event_loop_delay_seconds", "throughput_runs_per_second", "build_info"]) {
    assert.ok(shown.includes(`ergate_${name}`), name);
  }
  assert.ok(valueIn(families, 'ergate_actor_mailbox_messages{path="root/gateway"}') !== undefined);
});

test("counters rise from scrape to scrape", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs });
  const sample = 'ergate_job_runs_total{job="echo",outcome="completed"}';
  await runtime.enqueueAndWait(echo);
  assert.equal(valueIn(await scraped(port), sample), 1);
  await runtime.enqueueAndWait(echo);
  const [one, other] = await Promise.all([scraped(port), scraped(port)]);
  assert.deepEqual([valueIn(one, sample), valueIn(other, sample)], [2, 2]);
});

test("names past the bound are one, whose figures are the sum", bounded, async (t) => {
  const many = limits.metricLabels + 3;
  const named = Array.from({ length: many }, (_, at) =>
    defineJob(`job-${String(at).padStart(4, "0")}`, { run: () => at }),
  );
  const { runtime, port } = await served(t, {}, { jobs: named });
  await runtime.enqueueMany(named.map((job) => ({ job })));
  await runtime.queues.drain();
  const families = await scraped(port);
  const runs = [...(families.get("ergate_job_runs_total")?.samples ?? [])];
  assert.equal(runs.filter(([sample]) => sample.includes("completed")).length, many - 2);
  assert.equal(valueIn(families, 'ergate_job_runs_total{job="(other)",outcome="completed"}'), 3);
  assert.equal(valueIn(families, 'ergate_job_run_duration_seconds_count{job="(other)"}'), 3);
  assert.equal(valueIn(families, 'ergate_queue_jobs{queue="(other)",state="completed"}'), 3);
});

test("figures need the right to read where secrets are set", bounded, async (t) => {
  const secrets = [{ name: "prometheus", secret: "scrape-me-not", rights: "read" as const }];
  const { port } = await served(t, { secrets });
  assert.equal((await call(port, "GET", "/metrics")).status, 401);
  const headers = { authorization: "Bearer scrape-me-not" };
  assert.equal((await call(port, "GET", "/metrics", { headers })).status, 200);
});
