import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuntime } from "../../actors/index.ts";
import { hostZone } from "../../lib/cron/zone.ts";
import { bounded, newFile, silent } from "../actors/kit.ts";
import { minute, move, second, t0, world } from "../actors/schedule-kit.ts";
import { served } from "./kit.ts";
import { echo, holding, jobservice, listed, periodic, statsIn } from "./v1-kit.ts";

const jobs = [echo];

test(
  "period: a Periodic job is Scheduled, readable at once, with its cron and its next time",
  bounded,
  async (t) => {
    const { port } = await served(t, {}, { jobs });
    const service = jobservice(port);
    const made = await service.submit(periodic("echo", "0 0 3 * * *", { a: 1 }));
    const { id, enqueue_time, update_time, run_at, ...stats } = statsIn(made);
    assert.deepEqual(
      [made.status, stats],
      [
        202,
        {
          ...{ status: "Scheduled", name: "echo", kind: "Periodic", unique: false },
          ...{
            ref_link: `/api/v1/jobs/${id}`,
            cron_spec: "0 0 3 * * *",
            multiple_executions: false,
          },
        },
      ],
    );
    assert.ok(Number(run_at) > Number(enqueue_time));
    assert.equal(update_time, enqueue_time);
    assert.deepEqual(statsIn(await service.get(id)), statsIn(made));
  },
);

const times: [cron: string, from: string, next: string][] = [
  // Seconds first, also with five fields: then the weekday is missing.
  ["30 5 * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:05:30Z"],
  ["30 5 4 * * *", "2026-01-01T00:00:00Z", "2026-01-01T04:05:30Z"],
  ["@every 1h30m", "2026-01-01T00:00:00Z", "2026-01-01T01:30:00Z"],
  ["0 5/15 * * * *", "2026-01-01T00:21:00Z", "2026-01-01T00:35:00Z"],
  ["@hourly", "2026-01-01T00:21:00Z", "2026-01-01T01:00:00Z"],
  ["0 0 0 * * 0", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"],
];

for (const [cron, from, next] of times) {
  test(`period: ${cron} is read as robfig's cron v1 does`, bounded, async (t) => {
    // Its zone is the host's, as the jobservice's is.
    const offset = offsetMs(Date.parse(from));
    const { live } = world(t, Date.parse(from) - offset);
    const runtime = await live({ jobs, http: { port: 0 } });
    const service = jobservice(runtime.listening?.port ?? 0);
    const { run_at, cron_spec } = await service.made(periodic("echo", cron));
    assert.deepEqual([run_at, cron_spec], [(Date.parse(next) - offset) / 1_000, cron]);
  });
}

function offsetMs(at: number): number {
  const text = new Date(at).toLocaleString("sv", { timeZone: hostZone() });
  return Date.parse(`${text}Z`) - at;
}

test(
  "period: each of its times is one execution, a Scheduled job of its own, and no time is skipped",
  bounded,
  async (t) => {
    const { clock, live } = world(t);
    const runtime = await live({ jobs, http: { port: 0 } });
    const service = jobservice(runtime.listening?.port ?? 0);
    const { id } = await service.made(periodic("echo", "0 * * * *", { a: 1 }));
    await move(clock, 3 * minute + second);
    const stats = statsIn(await service.get(id));
    const executions = stats.executions as string[];
    assert.deepEqual(
      [stats.status, executions.length, stats.multiple_executions],
      ["Scheduled", 3, true],
    );
    const each = await Promise.all(executions.map(async (one) => statsIn(await service.get(one))));
    const minutes = each.map(({ run_at }) => (Number(run_at) * 1_000 - t0) / minute);
    assert.deepEqual(minutes, [1, 2, 3], "opm: executions are in their order");
    for (const { kind, upstream_job_id, status, name } of each) {
      assert.deepEqual([kind, upstream_job_id, status, name], ["Scheduled", id, "Success", "echo"]);
    }
    assert.deepEqual(await runtime.result(executions[0] ?? ""), { a: 1 });
  },
);

test(
  "period: the same name, parameters and cron once more is 409 with the first one's id",
  bounded,
  async (t) => {
    const { port } = await served(t, {}, { jobs });
    const service = jobservice(port);
    const daily = periodic("echo", "@daily", { a: 1, b: 2 });
    const { id } = await service.made(daily);
    const again = await service.submit(periodic("echo", "@daily", { b: 2, a: 1 }));
    assert.deepEqual([again.status, again.body.code, again.body.id], [409, 10015, id]);
    const others = [
      periodic("echo", "@daily", { a: 2 }),
      periodic("echo", "@hourly", { a: 1, b: 2 }),
    ];
    const made = await Promise.all(others.map((one) => service.made(one)));
    // v1.7.5 gave policies of one second one score, so that one's end was all theirs.
    await service.act(id, "stop");
    assert.deepEqual(await Promise.all(made.map((one) => service.status(one.id))), [
      "Scheduled",
      "Scheduled",
    ]);
    const back = await service.submit(daily);
    assert.deepEqual([back.status, statsIn(back).status], [202, "Scheduled"]);
  },
);

test("period: of many identical submissions at once one is made", bounded, async (t) => {
  const { port } = await served(t, {}, { jobs });
  const service = jobservice(port);
  const all = await Promise.all(
    Array.from({ length: 8 }, () => service.submit(periodic("echo", "@daily"))),
  );
  assert.deepEqual(all.map(({ status }) => status).sort(), [202, ...Array(7).fill(409)]);
});

test(
  "period: a stop ends it and what of it waits and runs, at once, and it stays readable",
  bounded,
  async (t) => {
    const { job, entered } = holding("hold");
    const { clock, live } = world(t);
    const runtime = await live({ jobs: [job], http: { port: 0 } });
    const service = jobservice(runtime.listening?.port ?? 0);
    const made = await service.made(periodic("hold", "0 * * * *"));
    const { id } = made;
    await move(clock, minute + second);
    const [running = ""] = await entered();
    await runtime.queues.pause("hold");
    const { jobId: waiting = "" } = await runtime.schedules.trigger(id, { overlap: "allow" });
    assert.equal((await service.act(id, "stop")).status, 204);
    await assert.rejects(runtime.result(running));
    assert.deepEqual(
      [await service.status(running), await service.status(waiting)],
      [...["Stopped", "Stopped"]],
    );
    await move(clock, 3 * minute);
    const { status, run_at, executions, enqueue_time, cron_spec } = statsIn(await service.get(id));
    assert.deepEqual([status, run_at, executions], ["Stopped", undefined, [running, waiting]]);
    assert.deepEqual([enqueue_time, cron_spec], [made.enqueue_time, "0 * * * *"]);
    assert.equal((await service.act(id, "stop")).status, 204, "once more changes nothing");
    for (const action of ["cancel", "retry"]) {
      const refused = await service.act(id, action);
      assert.deepEqual([refused.status, refused.body.code], [409, 10015]);
    }
  },
);

test(
  "period: it outlives a restart, and a time that was missed runs then, once",
  bounded,
  async (t) => {
    const { clock, live, end } = world(t);
    const first = await live({ jobs, http: { port: 0 } });
    const { id } = await jobservice(first.listening?.port ?? 0).made(periodic("echo", "0 * * * *"));
    await end(first);
    clock.jump(10 * minute);
    const later = await live({ jobs, http: { port: 0 } });
    const service = jobservice(later.listening?.port ?? 0);
    await move(clock, second);
    const { status, executions } = statsIn(await service.get(id));
    assert.deepEqual([status, (executions as string[]).length], ["Scheduled", 1]);
  },
);

test(
  "period: its executions are paged newest first, without times that had no run",
  bounded,
  async (t) => {
    const { job, entered } = holding("hold");
    const { clock, live } = world(t);
    const runtime = await live({ jobs: [job, echo], http: { port: 0 } });
    const service = jobservice(runtime.listening?.port ?? 0);
    const { id } = await service.made(periodic("echo", "0 * * * *"));
    await move(clock, 5 * minute + second);
    await runtime.schedules.pause(id);
    await move(clock, 2 * minute);
    await runtime.schedules.resume(id);
    const all = await service.executions(id);
    assert.equal(all.headers["total-count"], "5", "no phantom executions");
    const ids = listed(all).map((one) => one.id);
    assert.deepEqual(ids, [...(statsIn(await service.get(id)).executions as string[])].reverse());
    const page = await service.executions(id, "?page_number=2&page_size=2");
    assert.deepEqual(
      listed(page).map((one) => one.id),
      ids.slice(2, 4),
    );
    assert.equal(page.headers["total-count"], "5");
    assert.deepEqual(listed(await service.executions(id, "?page_number=9")), []);
    await runtime.jobs.delete(ids[0] ?? "");
    const [gone] = listed(await service.executions(id));
    assert.deepEqual(
      [gone?.id, gone?.status, gone?.upstream_job_id, gone?.kind],
      [ids[0], "Success", id, "Scheduled"],
    );
    const hold = await service.made(periodic("hold", "0 * * * *"));
    await move(clock, minute);
    await entered();
    const open = await service.executions(hold.id, "?non_dead_only=true");
    assert.deepEqual(
      listed(open).map((one) => one.status),
      ["Running"],
    );
    await service.act(hold.id, "stop");
    await move(clock, second);
    const none = await service.executions(hold.id, "?non_dead_only=true");
    assert.deepEqual([none.headers["total-count"], listed(none)], ["0", []]);
    assert.equal((await service.executions(hold.id)).headers["total-count"], "1");
  },
);

test("period: schedules of code are Periodic jobs, too", bounded, async (t) => {
  const schedules = {
    nightly: { cron: "30 2 * * *", job: echo, args: {} },
    often: { every: "5m", job: echo, args: {} },
  };
  const { port } = await served(t, {}, { jobs, schedules });
  const service = jobservice(port);
  const told = listed(await service.list("?kind=Periodic"));
  assert.deepEqual(
    told.map(({ id, kind, cron_spec }) => [id, kind, cron_spec]),
    [
      ["nightly", "Periodic", "0 30 2 * * *"],
      ["often", "Periodic", "@every 300s"],
    ],
  );
});

test("period: an execution that is retried or stopped goes as any job does", bounded, async (t) => {
  const { job, entered } = holding("hold");
  const { runtime, port } = await served(t, {}, { jobs: [job] });
  const service = jobservice(port);
  const { id } = await service.made(periodic("hold", "@yearly"));
  const { jobId = "" } = await runtime.schedules.trigger(id);
  await entered();
  assert.equal((await service.act(jobId, "cancel")).status, 204);
  await assert.rejects(runtime.result(jobId));
  assert.equal((await service.act(jobId, "retry")).status, 204);
  await entered(2);
  assert.equal((await service.act(jobId, "stop")).status, 204);
  await assert.rejects(runtime.result(jobId));
  assert.equal(await service.status(id), "Scheduled");
});

test(
  "period: what one process submits another refuses twice, runs and stops",
  bounded,
  async (t) => {
    const storage = newFile(t);
    const { port } = await served(t, {}, { storage, jobs });
    const other = await createRuntime({ storage, jobs, logger: silent, http: { port: 0 } });
    t.after(() => other.stop({ graceMs: 0 }));
    await other.start();
    const [one, two] = [jobservice(port), jobservice(other.listening?.port ?? 0)];
    const daily = periodic("echo", "@daily");
    const made = await Promise.all([one.submit(daily), two.submit(daily)]);
    assert.deepEqual(made.map(({ status }) => status).sort(), [202, 409]);
    const [id = ""] = made.flatMap(
      ({ body }) => (body.job as { id: string } | undefined)?.id ?? [],
    );
    const { jobId = "" } = await other.schedules.trigger(id);
    await other.result(jobId);
    assert.deepEqual(
      listed(await one.executions(id)).map((each) => each.id),
      [jobId],
    );
    assert.equal((await two.act(id, "stop")).status, 204);
    assert.equal(await one.status(id), "Stopped");
  },
);
