import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded } from "../actors/kit.ts";
import { served } from "./kit.ts";
import {
  echo,
  faulty,
  generic,
  holding,
  jobservice,
  listed,
  periodic,
  scheduled,
  statsIn,
} from "./v1-kit.ts";

test(
  "core: all jobs are listed in pages, each once, and Periodic ones behind them",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs: [echo] });
    const service = jobservice(port);
    await runtime.queues.pause("echo");
    const made: string[] = [];
    for (let at = 0; at < 7; at++) made.unshift((await service.made(generic("echo", { at }))).id);
    const plans = [];
    for (const cron of ["@daily", "@hourly"])
      plans.push((await service.made(periodic("echo", cron))).id);
    const pages: string[][] = [];
    let cursor: string | undefined = "0";
    do {
      const got = await service.list(`?page_size=3&cursor=${encodeURIComponent(cursor)}`);
      assert.equal(got.status, 200);
      pages.push(listed(got).map(({ id }) => id));
      cursor = got.headers["next-cursor"] as string | undefined;
    } while (cursor !== undefined);
    assert.deepEqual(pages.flat(), [...made, ...plans.sort()]);
    assert.ok(pages.length <= 4 && pages.every((page) => page.length <= 3));
    assert.equal(listed(await service.list("?page_size=100000")).length, 9);
    const whole = await service.list();
    assert.equal(whole.headers["next-cursor"], undefined);
  },
);

test(
  "core: jobs that wait for their time are listed by numbered pages, with their count",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs: [echo] });
    const service = jobservice(port);
    await service.made(generic("echo"));
    const ids: string[] = [];
    for (let at = 0; at < 22; at++)
      ids.unshift((await service.made(scheduled("echo", 600 + at))).id);
    const other = await runtime.enqueue("echo", {}, { delay: "1h" });
    ids.unshift(other.id);
    const first = await service.list("?kind=Scheduled");
    assert.deepEqual([first.headers["total-count"], listed(first).length], ["23", 20]);
    const second = await service.list("?kind=Scheduled&page_number=2");
    assert.deepEqual(
      [...listed(first), ...listed(second)].map(({ id }) => id),
      ids,
    );
    assert.ok(
      listed(first).every(({ kind, run_at }) => kind === "Scheduled" && Number(run_at) > 0),
    );
    const far = await service.list("?page_number=9999&page_size=100");
    assert.deepEqual([far.status, far.body.path], [400, "page_number"]);
  },
);

test("core: a list keeps to a kind, a status and a name", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs: [echo, faulty] });
  const service = jobservice(port);
  const dead = await service.made(generic("faulty"));
  await assert.rejects(runtime.result(dead.id));
  const done = await service.made(generic("echo"));
  await runtime.result(done.id);
  const soon = await service.made(scheduled("echo", 600));
  const ran = await service.made(scheduled("echo", 600));
  await runtime.jobs.retry(ran.id);
  await runtime.result(ran.id);
  const plan = await service.made(periodic("echo", "@daily"));
  const ended = await service.made(periodic("echo", "@hourly"));
  await service.act(ended.id, "stop");
  const of = async (query: string) =>
    listed(await service.list(query))
      .map(({ id }) => id)
      .sort();
  const wanted: [string, string[]][] = [
    ["?status=Error", [dead.id]],
    ["?status=Pending", [soon.id]],
    ["?status=Scheduled", [plan.id]],
    ["?status=Stopped", [ended.id]],
    ["?status=Running", []],
    ["?kind=Generic", [dead.id, done.id]],
    ["?kind=Scheduled", [soon.id]],
    ["?kind=Scheduled&status=Success", [ran.id]],
    ["?kind=Periodic", [plan.id, ended.id]],
    ["?kind=Periodic&status=Scheduled", [plan.id]],
    ["?kind=Periodic&status=Success", []],
    ["?name=faulty", [dead.id]],
    ["?name=echo&status=Success", [done.id, ran.id]],
    ["?name=faulty&kind=Periodic", []],
    ["?name=none", []],
  ];
  for (const [query, ids] of wanted) assert.deepEqual(await of(query), ids.sort(), query);
  const bad = ["kind=generic", "status=dead", "page_size=0", "page_size=x", "page_number=0"];
  for (const query of [...bad, "cursor=x", "cursor=jobs:x", "cursor=periodic:%00"]) {
    const { status, body } = await service.list(`?${query}`);
    assert.ok(status === 400 || query === "cursor=periodic:%00", query);
    assert.ok(status < 500, JSON.stringify(body));
  }
});

test(
  "pool: a sub-job tells who made it, and its parent's executions have it",
  bounded,
  async (t) => {
    const { job: hold, entered } = holding("hold");
    const parent = defineJob("parent", {
      async run(_args: unknown, ctx) {
        for (const at of [1, 2]) await ctx.enqueue(echo, { at });
        await ctx.enqueue("hold");
      },
    });
    const { runtime, port } = await served(t, {}, { jobs: [parent, echo, hold] });
    const service = jobservice(port);
    const { id } = await service.made(generic("parent"));
    await runtime.result(id);
    await entered();
    await runtime.queues.drain("echo");
    const stats = statsIn(await service.get(id));
    const executions = stats.executions as string[];
    assert.deepEqual([stats.multiple_executions, executions.length], [true, 3]);
    const each = await Promise.all(executions.map(async (one) => statsIn(await service.get(one))));
    assert.deepEqual(
      each.map(({ name, upstream_job_id, kind }) => [name, upstream_job_id, kind]),
      ["echo", "echo", "hold"].map((name) => [name, id, "Generic"]),
    );
    const all = await service.executions(id);
    assert.equal(all.headers["total-count"], "3");
    assert.deepEqual(
      listed(all).map((one) => one.id),
      [...executions].reverse(),
      "newest first",
    );
    const open = await service.executions(id, "?non_dead_only=true");
    assert.deepEqual([open.headers["total-count"], listed(open)[0]?.name], ["1", "hold"]);
    const paged = await service.executions(id, "?page_size=2&page_number=2");
    assert.deepEqual(
      listed(paged).map((one) => one.id),
      executions.slice(0, 1),
    );
    const shown = listed(await service.list("?name=parent"))[0];
    assert.deepEqual([shown?.multiple_executions, shown?.executions], [true, executions]);
    const bad = await service.executions(id, "?page_size=-1");
    assert.deepEqual([bad.status, bad.body.code], [400, 10005]);
    await service.act(executions[2] ?? "", "stop");
  },
);

test("pool: a handler may start its own job, which v1.7.5 refused", bounded, async (t) => {
  const pages = defineJob("pages", {
    async run({ left }: { left: number }, ctx) {
      if (left > 0) await ctx.enqueue("pages", { left: left - 1 });
    },
  });
  const { runtime, port } = await served(t, {}, { jobs: [pages] });
  const service = jobservice(port);
  const first = await service.made(generic("pages", { left: 3 }));
  await runtime.queues.drain();
  const chain = [first.id];
  for (;;) {
    const { executions = [], upstream_job_id } = statsIn(await service.get(chain.at(-1) ?? ""));
    assert.equal(upstream_job_id, chain.at(-2));
    const [next] = executions as string[];
    if (next === undefined) break;
    chain.push(next);
  }
  assert.equal(chain.length, 4);
});
