import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { createApp, type HttpParts, type Routes } from "../../lib/http/app.ts";
import { Logins } from "../../lib/http/logins.ts";
import { mount, route } from "../../lib/http/route.ts";
import { parseHttp } from "../../lib/http/settings.ts";
import { Tickets } from "../../lib/http/tickets.ts";
import { bounded } from "../actors/kit.ts";
import { call, quiet, served } from "./kit.ts";

const jobs = [defineJob("echo", { run: (args: unknown) => args })];

test("HEAD is answered as GET without a body", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs });
  const { id } = await runtime.enqueue("echo", 1, { delay: "1h" });
  for (const path of ["/jobs", "/events", `/jobs/${id}/log`, `/jobs/${id}/log/follow`, "/docs"]) {
    const { status, headers, body } = await call(port, "HEAD", `/api/v2${path}`);
    assert.deepEqual([status, body], [200, {}], path);
    assert.ok(headers["content-type"], path);
  }
  assert.equal((await call(port, "HEAD", "/api/v2/jobs/none")).status, 404);
});

test(
  "a method that a path doesn't take is 405 with Allow; OPTIONS asks for them",
  bounded,
  async (t) => {
    const { port } = await served(t, {}, { jobs });
    for (const method of ["PUT", "DELETE", "TRACE", "PROPFIND"]) {
      const { status, headers, body } = await call(port, method, "/api/v2/jobs");
      assert.deepEqual([status, body.err], [405, "ERR_ERGATE_HTTP_METHOD"], method);
      assert.equal(headers.allow, "POST, GET, HEAD, OPTIONS");
    }
    const asked = await call(port, "OPTIONS", "/api/v2/tickets");
    assert.deepEqual([asked.status, asked.headers.allow], [204, "POST, OPTIONS"]);
    assert.equal(asked.headers["access-control-allow-origin"], undefined);
    assert.equal((await call(port, "OPTIONS", "/nothing")).status, 404);
  },
);

test(
  "failed logins are delayed, counted in /metrics, and logged with their request",
  bounded,
  async (t) => {
    const logged: { failed?: number; requestId?: string }[] = [];
    const logger = { ...quiet, warn: (fields: object) => void logged.push(fields) };
    const { port } = await served(t, { secret: "open sesame" }, { jobs, logger });
    const [from, headers] = [performance.now(), { "x-request-id": "mine" }];
    const sent = ["/api/v2/jobs", "/metrics", "/nothing"].map((path) =>
      call(port, "GET", path, { headers: { ...headers, authorization: "Bearer wrong" } }),
    );
    const answers = await Promise.all(sent);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401, 401],
    );
    assert.ok(performance.now() - from >= 200, "they were not delayed");
    assert.ok(answers.every(({ body }) => body.requestId === "mine"));
    assert.deepEqual(logged.at(-1), { failed: 3, requestId: "mine" });
    const right = { authorization: "Bearer open sesame" };
    const { text } = (await call(port, "GET", "/metrics", { headers: right })).body;
    assert.match(String(text), /^ergate_http_failed_logins_total 3$/m);
  },
);

test(
  "what fails inside is told by its request's id alone, to the client and in the log",
  bounded,
  async (t) => {
    const logged: { err?: Error; requestId?: string }[] = [];
    const logger = { ...quiet, error: (fields: object) => void logged.push(fields) };
    const auth = () => {
      throw new Error("the directory is down at 10.0.0.7");
    };
    const { port } = await served(t, { auth }, { jobs, logger });
    const { status, body } = await call(port, "GET", "/api/v2/jobs");
    assert.deepEqual([status, body.err], [500, "ERR_ERGATE_INTERNAL"]);
    assert.doesNotMatch(JSON.stringify(body), /10\.0\.0\.7|\bat /);
    assert.equal(logged[0]?.requestId, body.requestId);
    assert.match(String(logged[0]?.err?.message), /directory/);
  },
);

test("a stream that a HEAD would have begun is let go", bounded, async () => {
  let cancelled = 0;
  const streaming = route({
    ...{ method: "get", path: "/x", right: "read", summary: "Stream", answer: "text" },
    run: async () => new Response(new ReadableStream({ cancel: () => void cancelled++ })),
  });
  const [settings, clock, tickets] = [parseHttp({}), systemClock, new Tickets(systemClock, String)];
  const logins = new Logins({ settings, clock, tickets, logger: quiet });
  const closing = new AbortController().signal;
  const parts = { settings, clock, logins, closing, logger: quiet, newId: () => "id" };
  const add: Routes = (app, given) => mount(app, given, [streaming]);
  const app = createApp(parts as unknown as HttpParts, [add]);
  const answer = await app.fetch(new Request("http://localhost/x", { method: "HEAD" }));
  assert.deepEqual([answer.status, cancelled], [200, 1]);
});
