import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded } from "../actors/kit.ts";
import { receiver } from "../hook/receiver.ts";
import { call, served } from "./kit.ts";
import { echo, generic, holding, jobservice, periodic, scheduled, statsIn } from "./v1-kit.ts";

const strict = defineJob("strict", {
  args: {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value: unknown) =>
        typeof (value as { tag?: unknown })?.tag === "string"
          ? { value }
          : { issues: [{ message: "a tag is needed", path: ["tag"] }] },
    },
  },
  run: () => undefined,
});
const jobs = [echo, strict];

test(
  "core: a Generic job is answered with 202, its stats, and is readable at once",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs });
    const service = jobservice(port);
    await runtime.queues.pause("echo");
    for (let at = 0; at < 20; at++) {
      const made = await service.submit(generic("echo", { at }));
      const { id, enqueue_time, update_time, ...stats } = statsIn(made);
      assert.deepEqual(
        [made.status, stats],
        [
          202,
          {
            ...{ status: "Pending", name: "echo", kind: "Generic", unique: false },
            ...{ ref_link: `/api/v1/jobs/${id}`, multiple_executions: false },
          },
        ],
      );
      assert.ok(Number(enqueue_time) > 1e9 && Number(update_time) >= Number(enqueue_time));
      const got = await service.get(id);
      assert.deepEqual([got.status, statsIn(got).status, statsIn(got).id], [200, "Pending", id]);
    }
    assert.match(String((await service.list()).headers["content-type"]), /^application\/json/);
  },
);

test(
  "core: a Scheduled job is Pending until its delay is over, with run_at",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs });
    const service = jobservice(port);
    const before = Math.floor(Date.now() / 1_000);
    const { id, run_at, status, kind } = await service.made(scheduled("echo", 20));
    assert.deepEqual([status, kind], ["Pending", "Scheduled"]);
    assert.ok(Number(run_at) >= before + 20, "pool: run_at is 20 s or more from now");
    assert.equal(statsIn(await service.get(id)).run_at, run_at);
    await runtime.jobs.retry(id);
    await runtime.result(id);
    const done = statsIn(await service.get(id));
    assert.deepEqual([done.status, done.kind], ["Success", "Scheduled"]);
  },
);

test(
  "core: a unique job meets itself with 409 and the first one's id, until that is over",
  bounded,
  async (t) => {
    const { job, entered } = holding();
    const { port, runtime } = await served(t, {}, { jobs: [job, echo] });
    const service = jobservice(port);
    const unique = generic("hold", { b: 1, a: [2] }, { unique: true });
    const first = await service.made(unique);
    assert.equal(first.unique, true);
    await entered();
    const again = await service.submit(generic("hold", { a: [2], b: 1 }, { unique: true }));
    assert.deepEqual(
      [again.status, again.body.code, again.body.id, again.body.err],
      [...[409, 10015, first.id, "ERR_ERGATE_DUPLICATE"]],
    );
    assert.equal((await service.submit(generic("hold", { a: 3 }, { unique: true }))).status, 202);
    assert.equal((await service.submit(generic("hold", { b: 1, a: [2] }))).status, 202);
    await service.act(first.id, "stop");
    await assert.rejects(runtime.result(first.id));
    assert.equal((await service.submit(unique)).status, 202);
  },
);

test(
  "core: a unique Scheduled job that was stopped while it waits blocks nothing",
  bounded,
  async (t) => {
    const { port } = await served(t, {}, { jobs });
    const service = jobservice(port);
    const unique = scheduled("echo", 3_600, { a: 1 }, { unique: true });
    const { id } = await service.made(unique);
    assert.deepEqual([(await service.submit(unique)).body.id], [id]);
    assert.equal((await service.act(id, "stop")).status, 204);
    assert.equal((await service.submit(unique)).status, 202);
  },
);

const metadata = { kind: "Generic" };
const refused: [string, unknown, (string | undefined)?, number?][] = [
  ["no job", {}, "body.job"],
  ["a job that is null", { job: null }, "body.job"],
  ["nothing at all", { job: {} }, "body.job.name"],
  ["an empty name", { job: { name: "", metadata } }, "body.job.name"],
  ["a name before a kind", { job: { name: "", metadata: { kind: "Odd" } } }, "body.job.name"],
  ["no metadata", { job: { name: "echo" } }, "body.job.metadata"],
  ["no kind", { job: { name: "echo", metadata: {} } }, "body.job.metadata.kind"],
  [
    "a bad kind",
    { job: { name: "echo", metadata: { kind: "generic" } } },
    "body.job.metadata.kind",
  ],
  ["Scheduled without a delay", { job: scheduled("echo", 0) }, "body.job.metadata.schedule_delay"],
  [
    "a kind's lack before an unknown name",
    { job: scheduled("nobody", 0) },
    "body.job.metadata.schedule_delay",
  ],
  ["a delay below 0", { job: scheduled("echo", -5) }, "body.job.metadata.schedule_delay"],
  ["a huge delay", { job: scheduled("echo", 9e15) }, "body.job.metadata.schedule_delay"],
  ["a delay past all", { job: scheduled("echo", 1e300) }, "body.job.metadata.schedule_delay"],
  ["half a second", { job: scheduled("echo", 0.5) }, "body.job.metadata.schedule_delay"],
  ["Periodic without a cron", { job: periodic("echo", "") }, "body.job.metadata.cron_spec"],
  ["a bad cron", { job: periodic("echo", "* * * *") }, "body.job.metadata.cron_spec"],
  ["7 for Sunday", { job: periodic("echo", "0 0 0 * * 7") }, "body.job.metadata.cron_spec"],
  ["30 February", { job: periodic("echo", "0 0 0 30 2 *") }, "body.job.metadata.cron_spec"],
  ["an unknown name", { job: generic("nobody") }, "body.job.name"],
  ["an unknown periodic name", { job: periodic("nobody", "@daily") }, "body.job.name"],
  ["parameters that are a list", { job: generic("echo", [1]) }, "body.job.parameters"],
  ["what Validate refuses", { job: generic("strict", { tag: 1 }) }, "body.job.parameters.tag"],
  ["that at a Periodic", { job: periodic("strict", "@daily") }, "body.job.parameters.tag"],
  ["unique as text", { job: generic("echo", {}, { unique: "yes" }) }, "body.job.metadata.unique"],
  [
    "a hook that is a number",
    { job: { ...generic("echo"), status_hook: 1 } },
    "body.job.status_hook",
  ],
  ["a body that is a list", [], "body"],
  ["a body that is no JSON", "{", undefined, 10003],
];

test(
  "core: each bad submission is 400 with its number, and the path of the field",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs });
    for (const [what, body, path, code = 10005] of refused) {
      const got = await call(port, "POST", "/api/v1/jobs", { body });
      assert.deepEqual([got.status, got.body.code, got.body.path], [400, code, path], what);
      assert.ok(typeof got.body.message === "string" && typeof got.body.err === "string", what);
    }
    assert.equal(await runtime.jobs.count(), 0);
    assert.deepEqual((await runtime.schedules.list()).items, []);
  },
);

test(
  "core: null is as absent, and what is unknown is passed over, as Go reads it",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs });
    const meta = { kind: "Generic", schedule_delay: null, cron_spec: null, unique: null, more: 1 };
    const job = {
      name: "echo",
      metadata: meta,
      parameters: null,
      status_hook: null,
      colour: "red",
    };
    const made = await call(port, "POST", "/api/v1/jobs", { body: { job, other: [] } });
    assert.equal(made.status, 202);
    assert.equal(await runtime.result(statsIn(made).id), null);
    const least = { name: "echo", metadata: { kind: "Generic" } };
    const short = await call(port, "POST", "/api/v1/jobs", { body: { job: least } });
    assert.deepEqual([short.status, await runtime.result(statsIn(short).id)], [202, null]);
    const text =
      '{"job":{"name":"echo","metadata":{"kind":"Generic"},"parameters":{"__proto__":{"a":1}}}}';
    const odd = await call(port, "POST", "/api/v1/jobs", { body: text });
    const stored = await runtime.result(statsIn(odd).id);
    assert.equal(JSON.stringify(stored), '{"__proto__":{"a":1}}');
  },
);

test(
  "api: what is too large, too deep, of another type or by another method is refused",
  bounded,
  async (t) => {
    const { port } = await served(t, {}, { jobs });
    const large = await jobservice(port).submit(generic("echo", { text: "x".repeat(2 ** 20) }));
    assert.equal(large.status, 413);
    const deep = `${'{"a":'.repeat(40_000)}1${"}".repeat(40_000)}`;
    for (const kind of ['"Generic","unique":true', '"Periodic","cron_spec":"@daily"']) {
      const body = `{"job":{"name":"echo","metadata":{"kind":${kind}},"parameters":${deep}}}`;
      const got = await call(port, "POST", "/api/v1/jobs", { body });
      assert.deepEqual([got.status, got.body.code], [400, 10005], JSON.stringify(got.body));
    }
    const headers = { "content-type": "text/html" };
    const form = await call(port, "POST", "/api/v1/jobs", { body: "<p>", headers });
    assert.equal(form.status, 415);
    const put = await call(port, "PUT", "/api/v1/jobs");
    assert.deepEqual([put.status, put.headers.allow], [405, "POST, GET, HEAD, OPTIONS"]);
  },
);

test("api: a full queue is 429", bounded, async (t) => {
  const more = { jobs, queues: { echo: { maxDepth: 1, paused: true } } };
  const { port } = await served(t, {}, more);
  const service = jobservice(port);
  assert.equal((await service.submit(generic("echo"))).status, 202);
  const full = await service.submit(generic("echo"));
  assert.deepEqual([full.status, full.body.err], [429, "ERR_ERGATE_QUEUE_FULL"]);
});

test(
  "core: a hook's URL that is none fails no submission, its status says so",
  bounded,
  async (t) => {
    const { port } = await served(t, {}, { jobs });
    const service = jobservice(port);
    const refused = "http://169.254.169.254/latest";
    for (const bad of ["http://[::1", "no url", "ftp://a.b/c", "javascript:alert(1)", refused]) {
      const made = await service.submit({ ...generic("echo"), status_hook: bad });
      assert.deepEqual([made.status, statsIn(made).hook_status], [202, "error"], bad);
      assert.equal(statsIn(await service.get(statsIn(made).id)).hook_status, undefined);
    }
    const none = await service.made({ ...generic("echo"), status_hook: "" });
    assert.equal(none.hook_status, undefined);
  },
);

test("core: a hook hears of each status, with the stats as they were then", bounded, async (t) => {
  const hook = await receiver(t);
  const { port, runtime } = await served(t, {}, { jobs });
  const service = jobservice(port);
  const made = await service.made({ ...generic("echo"), status_hook: hook.url });
  assert.equal(made.hook_status, "activated");
  const told = (await hook.has(2)).map(({ body }) => [body.job_id, body.status]);
  assert.deepEqual(told, [
    [made.id, "Running"],
    [made.id, "Success"],
  ]);
  const { metadata } = hook.got[1]?.body ?? {};
  assert.deepEqual(
    [metadata?.id, metadata?.kind, metadata?.status],
    [made.id, "Generic", "Success"],
  );
  assert.equal(statsIn(await service.get(made.id)).hook_status, undefined);
  const policy = await service.made({ ...periodic("echo", "0 0 3 * * *"), status_hook: hook.url });
  assert.equal(policy.hook_status, "activated");
  await runtime.schedules.trigger(policy.id);
  const [first, last] = (await hook.has(4)).slice(2).map(({ body }) => body);
  assert.deepEqual([first?.status, last?.status], ["Running", "Success"]);
  assert.equal(last?.metadata.upstream_job_id, policy.id);
  assert.equal(last?.metadata.kind, "Scheduled");
  const bad = await service.made({ ...periodic("echo", "0 0 4 * * *"), status_hook: "no url" });
  assert.deepEqual([bad.status, bad.hook_status], ["Scheduled", "error"]);
});

test("the jobservice's routes are in the OpenAPI document", bounded, async (t) => {
  const { port } = await served(t, {}, { jobs });
  const { body } = await call(port, "GET", "/api/v1/openapi.json");
  const paths = body.paths as Record<string, Record<string, { responses: object }>>;
  const told = Object.entries(paths).flatMap(([path, operations]) => {
    if (!/^\/api\/v1\/(jobs|stats)/.test(path)) return [];
    return Object.entries(operations).map(([method, { responses }]) => {
      return `${method} ${path} ${Object.keys(responses)[0]}`;
    });
  });
  assert.deepEqual(told.sort(), [
    "get /api/v1/jobs 200",
    "get /api/v1/jobs/{id} 200",
    "get /api/v1/jobs/{id}/executions 200",
    "get /api/v1/jobs/{id}/log 200",
    "get /api/v1/stats 200",
    "post /api/v1/jobs 202",
    "post /api/v1/jobs/{id} 204",
  ]);
});
