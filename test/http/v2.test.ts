import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import type { RuntimeOptions } from "../../lib/client/options.ts";
import { bounded } from "../actors/kit.ts";
import { call, quiet, served } from "./kit.ts";

const echo = defineJob("echo", { run: (args: unknown) => args });
const faulty = defineJob("faulty", { maxAttempts: 1, run: () => Promise.reject(new Error("no")) });
const jobs = [echo, faulty];

test("a job is enqueued, read, explained and deleted over HTTP", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs });
  const body = { job: "echo", args: { a: 1 }, delay: "1h", tags: ["red"] };
  const made = await call(port, "POST", "/api/v2/jobs", { body });
  assert.deepEqual(
    [made.status, made.body.disposition, made.body.state],
    [201, "created", "scheduled"],
  );
  const id = String(made.body.id);
  const got = await call(port, "GET", `/api/v2/jobs/${id}`);
  assert.deepEqual([got.status, got.body.args, got.body.tags], [200, { a: 1 }, ["red"]]);
  const why = await call(port, "GET", `/api/v2/jobs/${id}/why`);
  assert.match(String(why.body.sentence), /time/);
  const retried = await call(port, "POST", `/api/v2/jobs/${id}/retry`);
  assert.deepEqual(retried.body, { changed: true });
  assert.deepEqual(await runtime.result(id), { a: 1 });
  assert.equal((await call(port, "DELETE", `/api/v2/jobs/${id}`)).status, 204);
  const gone = await call(port, "GET", `/api/v2/jobs/${id}`);
  assert.deepEqual(
    [gone.status, gone.body.code, gone.body.err],
    [404, 10013, "ERR_ERGATE_JOB_NOT_FOUND"],
  );
});

test(
  "jobs are listed in pages by filters, counted, and moved all that match",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs });
    await runtime.queues.pause("echo");
    const body = { jobs: Array.from({ length: 5 }, (_, args) => ({ job: "echo", args })) };
    assert.equal((await call(port, "POST", "/api/v2/jobs/batch", { body })).status, 201);
    const first = await call(port, "GET", "/api/v2/jobs?queue=echo&limit=3");
    assert.equal((first.body.items as unknown[]).length, 3);
    const next = await call(
      port,
      "GET",
      `/api/v2/jobs?queue=echo&limit=3&cursor=${first.body.next}`,
    );
    assert.deepEqual([(next.body.items as unknown[]).length, next.body.next], [2, undefined]);
    const count = () => call(port, "GET", "/api/v2/jobs/count?state=available,dead");
    assert.deepEqual((await count()).body, { count: 5 });
    const bulk = { action: "stop", filter: { queue: "echo" } };
    assert.deepEqual((await call(port, "POST", "/api/v2/jobs/bulk", { body: bulk })).body, {
      count: 5,
    });
    assert.deepEqual((await count()).body, { count: 0 });
  },
);

test(
  "what is wrong in a request is refused with the field's path, and never with a 500",
  bounded,
  async (t) => {
    const { port } = await served(t, {}, { jobs });
    const refused = async (method: string, path: string, body?: unknown, headers = {}) => {
      const got = await call(port, method, path, { body, headers });
      assert.equal(typeof got.body.code, "number");
      return [got.status, got.body.err, got.body.path];
    };
    const post = (body: unknown) => refused("POST", "/api/v2/jobs", body);
    assert.deepEqual(await post("{"), [400, "ERR_ERGATE_HTTP_JSON", undefined]);
    assert.deepEqual(await post({}), [400, "ERR_ERGATE_OPTION", "body.job"]);
    assert.deepEqual(await post({ job: "echo", colour: 1 }), [
      400,
      "ERR_ERGATE_OPTION",
      "body.colour",
    ]);
    assert.deepEqual(await post({ job: "echo", delay: "soon" }), [
      ...[400, "ERR_ERGATE_DURATION", "options.delay"],
    ]);
    assert.deepEqual(await post({ job: "nobody" }), [400, "ERR_ERGATE_JOB_UNKNOWN", "job"]);
    assert.deepEqual(await refused("GET", "/api/v2/jobs?limit=0"), [
      400,
      "ERR_ERGATE_OPTION",
      "limit",
    ]);
    assert.deepEqual(await refused("GET", "/api/v2/jobs?cursor=x"), [
      400,
      "ERR_ERGATE_CURSOR",
      "cursor",
    ]);
    const large = { job: "echo", args: "x".repeat(2 ** 20) };
    assert.deepEqual((await post(large)).slice(0, 2), [413, "ERR_ERGATE_HTTP_BODY"]);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    assert.deepEqual((await refused("POST", "/api/v2/jobs", "job=echo", form)).slice(0, 2), [
      ...[415, "ERR_ERGATE_HTTP_MEDIA"],
    ]);
    const put = await call(port, "PUT", "/api/v2/jobs");
    assert.deepEqual([put.status, put.headers.allow], [405, "POST, GET, HEAD, OPTIONS"]);
  },
);

test("a duplicate that is refused names the job that holds the key", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs });
  await runtime.queues.pause("echo");
  const body = { job: "echo", unique: { onConflict: "reject" } };
  const first = await call(port, "POST", "/api/v2/jobs", { body });
  const second = await call(port, "POST", "/api/v2/jobs", { body });
  assert.deepEqual([second.status, second.body.code, second.body.id], [409, 10015, first.body.id]);
});

test("rights: who may read can't write, who may operate can", bounded, async (t) => {
  const secrets = [
    { name: "viewer", secret: "viewer-secret", rights: "read" as const },
    { name: "hand", secret: "operator-secret", rights: "operate" as const },
  ];
  const { port } = await served(t, { secrets }, { jobs });
  const as = async (secret: string, method: string) => {
    const headers = { authorization: `Bearer ${secret}` };
    const body = method === "POST" ? { job: "echo" } : undefined;
    return (await call(port, method, "/api/v2/jobs", { headers, body })).status;
  };
  assert.deepEqual(
    [await as("viewer-secret", "GET"), await as("viewer-secret", "POST")],
    [200, 403],
  );
  assert.deepEqual(
    [await as("operator-secret", "GET"), await as("operator-secret", "POST")],
    [200, 201],
  );
});

test(
  "commands are changed by an admin's secret, or where the options allow it, else by nobody",
  bounded,
  async (t) => {
    const body = { command: "true" };
    const put = async (http: RuntimeOptions["http"], authorization?: string) => {
      const { runtime, port } = await served(t, http, { jobs });
      const headers = authorization === undefined ? {} : { authorization };
      const got = await call(port, "PUT", "/api/v2/commands/backup", { body, headers });
      assert.equal((await runtime.commands.get("backup")) !== undefined, got.status === 200);
      return [got.status, got.body.path];
    };
    assert.deepEqual(await put({}), [403, "http.allowCommands"]);
    assert.deepEqual(await put({ allowCommands: true }), [200, undefined]);
    assert.deepEqual(await put({ secret: "open sesame" }, "Bearer open sesame"), [200, undefined]);
    assert.deepEqual(await put({ auth: () => "operate" }), [403, undefined]);
    assert.deepEqual(await put({ auth: () => "admin" }), [200, undefined]);
    const mounted = await createRuntime({ storage: ":memory:", logger: quiet });
    t.after(() => mounted.stop({ graceMs: 0 }));
    const url = "http://localhost/api/v2/commands/backup";
    const headers = { "content-type": "application/json" };
    const sent = { method: "PUT", headers, body: JSON.stringify(body) };
    assert.equal((await mounted.fetch(new Request(url, sent))).status, 403);
  },
);

test("queues and schedules are seen and changed", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs });
  const change = { weight: 7, concurrency: 2, rate: { limit: 5, per: "1s" } };
  assert.deepEqual((await call(port, "PATCH", "/api/v2/queues/echo", { body: change })).body, {
    changed: true,
  });
  await call(port, "POST", "/api/v2/queues/echo/pause", { body: { for: "1h" } });
  const queues = (await call(port, "GET", "/api/v2/queues")).body.items as {
    name: string;
    weight: number;
    pausedUntil?: number;
  }[];
  const echoed = queues.find(({ name }) => name === "echo");
  assert.equal(echoed?.weight, 7);
  assert.ok(echoed?.pausedUntil);
  await call(port, "POST", "/api/v2/queues/echo/resume");
  const spec = { cron: "0 3 * * *", zone: "UTC", job: "echo", args: 1 };
  const made = await call(port, "PUT", "/api/v2/schedules/nightly", { body: spec });
  assert.deepEqual([made.status, made.body], [200, { previous: null }]);
  const bad = await call(port, "PUT", "/api/v2/schedules/bad", {
    body: { ...spec, cron: "61 * * * *" },
  });
  assert.deepEqual([bad.status, bad.body.err], [400, "ERR_ERGATE_SCHEDULE"]);
  assert.match(String(bad.body.message), /column 1/);
  const run = await call(port, "POST", "/api/v2/schedules/nightly/trigger");
  assert.deepEqual([run.status, run.body.trigger], [201, "manual"]);
  assert.equal(await runtime.result(String(run.body.jobId)), 1);
  const runs = await call(port, "GET", "/api/v2/schedules/nightly/runs");
  assert.equal((runs.body.items as { outcome: string }[])[0]?.outcome, "completed");
  const shown = await call(port, "POST", "/api/v2/schedules/preview", {
    body: { cron: "0 0 1 1 *", zone: "UTC", from: 0, count: 2 },
  });
  assert.deepEqual(shown.body, { times: ["1971-01-01T00:00:00.000Z", "1972-01-01T00:00:00.000Z"] });
  assert.equal((await call(port, "GET", "/api/v2/schedules/none")).status, 404);
});

test("events come as they happen, and go on after Last-Event-ID", bounded, async (t) => {
  const { runtime, url } = await served(t, {}, { jobs });
  const follow = async (headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/api/v2/events?types=completed`, { headers });
    assert.equal(answer.headers.get("content-type"), "text/event-stream");
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    return async () => {
      for (;;) {
        const match = /id: (.*)\nevent: (.*)\ndata: (.*)\n\n/.exec(text);
        if (match !== null) {
          text = text.slice(match.index + match[0].length);
          return { id: match[1] ?? "", type: match[2], data: JSON.parse(match[3] ?? "") };
        }
        const { value, done } = await reader.read();
        assert.equal(done, false);
        text += Buffer.from(value as Uint8Array).toString();
      }
    };
  };
  const next = await follow();
  const { id } = await runtime.enqueue(echo, 1);
  const event = await next();
  assert.deepEqual([event.type, event.data.id, event.data.state], ["completed", id, "completed"]);
  const second = await runtime.enqueue(echo, 2);
  await runtime.result(second.id);
  const later = await follow({ "last-event-id": event.id });
  assert.equal((await later()).data.id, second.id);
});

test(
  "a result is waited for as long as was asked, and told by how the job ended",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs });
    const { id } = await runtime.enqueue("echo", 5, { delay: "1h" });
    const get = async (query: string) =>
      (await call(port, "GET", `/api/v2/jobs/${id}/result${query}`)).body;
    assert.deepEqual(await get("?timeout=0"), { done: false });
    assert.equal((await get("?timeout=soon")).path, "timeout");
    const waiting = get("?timeout=20s");
    await runtime.jobs.retry(id);
    assert.deepEqual(await waiting, { done: true, result: 5 });
    assert.deepEqual(await get("?timeout=0"), { done: true, result: 5 });
    const other = await runtime.enqueue("echo", 5, { delay: "1h" });
    await runtime.jobs.stop(other.id);
    const stopped = await call(port, "GET", `/api/v2/jobs/${other.id}/result`);
    assert.deepEqual([stopped.status, stopped.body.err], [409, "ERR_ERGATE_RESULT_STOPPED"]);
    assert.equal((await call(port, "GET", `/api/v2/jobs/none/result`)).status, 404);
  },
);

test("locks that are held are listed", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs });
  const lease = await runtime.locks.acquire("ledger");
  const { items } = (await call(port, "GET", "/api/v2/locks?limit=5")).body as {
    items: { name: string; fence: number }[];
  };
  assert.deepEqual(
    items.map(({ name, fence }) => [name, fence]),
    [["ledger", lease.fence]],
  );
});
