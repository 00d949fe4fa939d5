import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { createRuntime, defineJob } from "../../actors/index.ts";
import { bounded, refuses } from "../actors/kit.ts";
import { call, quiet, served } from "./kit.ts";

const get = (port: number, path: string, headers: Record<string, string> = {}, method = "GET") =>
  call(port, method, path, { headers });

test(
  "a server on loopback needs no secret, and answers what is not there with 404",
  bounded,
  async (t) => {
    const { port } = await served(t, {});
    const { status, body, headers } = await get(port, "/nothing");
    assert.deepEqual([status, body.code, body.err], [404, 10013, "ERR_ERGATE_HTTP_ROUTE"]);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.match(String(headers["content-security-policy"]), /default-src 'none'/);
    assert.equal(headers["x-request-id"], body.requestId);
  },
);

test("a request id that a client brings is kept, an unsound one replaced", bounded, async (t) => {
  const { port } = await served(t, {});
  const own = await get(port, "/x", { "x-request-id": "abc-1" });
  assert.equal(own.body.requestId, "abc-1");
  const unsound = await get(port, "/x", { "x-request-id": "a b" });
  assert.match(String(unsound.body.requestId), /^[0-9A-Z]{26}$/);
});

test(
  "where a secret is set it is asked for on loopback, too, in either form",
  bounded,
  async (t) => {
    const { port } = await served(t, { secret: "open sesame" });
    const status = async (authorization?: string) =>
      (await get(port, "/x", authorization === undefined ? {} : { authorization })).status;
    assert.equal(await status("Bearer open sesame"), 404);
    assert.equal(await status("Harbor-Secret open sesame"), 404);
    assert.deepEqual(
      await Promise.all([status(), status("Bearer no"), status("Basic open sesame")]),
      [...[401, 401, 401]],
    );
  },
);

test("an address that others can reach is refused without a secret", async () => {
  const http = { host: "0.0.0.0", port: 0 };
  await refuses(createRuntime({ storage: ":memory:", http }), "ERR_ERGATE_OPTION", "http.host");
  const short = { secret: "short" };
  await refuses(
    createRuntime({ storage: ":memory:", http: short }),
    "ERR_ERGATE_OPTION",
    "http.secret",
  );
});

test("a Host that is neither loopback nor listed is refused with 421", bounded, async (t) => {
  const { port } = await served(t, { hosts: ["jobs.example"] });
  const status = async (host: string) => (await get(port, "/x", { host })).status;
  assert.equal(await status("evil.example"), 421);
  assert.equal(await status("evil.example:80"), 421);
  assert.equal(await status("10.0.0.1"), 421);
  for (const host of ["localhost", `127.0.0.1:${port}`, "[::1]:80", "JOBS.example:1"]) {
    assert.equal(await status(host), 404, host);
  }
});

test("another site's page can read nothing new and write nothing", bounded, async (t) => {
  const { port } = await served(t, {});
  const status = async (site: string, method: string) =>
    (await get(port, "/x", { "sec-fetch-site": site }, method)).status;
  assert.equal(await status("cross-site", "POST"), 403);
  assert.equal(await status("same-site", "DELETE"), 403);
  assert.equal(await status("same-origin", "POST"), 404);
  assert.equal(await status("none", "GET"), 404);
});

test("auth replaces secrets", bounded, async (t) => {
  const auth = (asked: Request) => (asked.headers.get("x-user") === "me" ? "admin" : null);
  const { port } = await served(t, { auth });
  assert.equal((await get(port, "/x", { "x-user": "me" })).status, 404);
  assert.equal((await get(port, "/x")).status, 401);
  const both = { auth, secret: "open sesame" };
  await refuses(
    createRuntime({ storage: ":memory:", http: both }),
    "ERR_ERGATE_OPTION",
    "http.auth",
  );
});

test("a port that is taken refuses the start, which may be tried again", bounded, async (t) => {
  const { runtime: first, port } = await served(t, {});
  const jobs = [defineJob("echo", { run: (args: unknown) => args })];
  const second = await createRuntime({ storage: ":memory:", logger: quiet, http: { port }, jobs });
  t.after(() => second.stop({ graceMs: 0 }));
  const { id } = await second.enqueue("echo", 1);
  for (let time = 0; time < 2; time++) {
    await refuses(second.start(), "ERR_ERGATE_HTTP_LISTEN", "http.port");
  }
  assert.equal((await second.jobs.get(id))?.state, "available");
  assert.deepEqual([await second.workers.list(), second.listening], [[], undefined]);
  await first.stop({ graceMs: 0 });
  await second.start();
  assert.equal(await second.result(id), 1);
  const answer = await call(port, "GET", `/api/v2/jobs/${id}/result?timeout=5s`);
  assert.deepEqual(answer.body, { done: true, result: 1 });
});

test("a stop closes the server, and cuts who waits in it", bounded, async (t) => {
  const { runtime, port } = await served(t, { closeGrace: 0 });
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  // Cut by a reset, or by an end.
  socket.on("error", () => undefined);
  const cut = new Promise((resolve) => socket.once("close", resolve));
  socket.write("GET /x HTTP/1.1\r\n");
  await runtime.stop({ graceMs: 0 });
  await cut;
  assert.equal(runtime.listening, undefined);
  const late = connect(port, "127.0.0.1");
  const [error] = await once(late, "error");
  assert.equal(error.code, "ECONNREFUSED");
});

test("mounted in another server it asks for its secret, whatever Host says", bounded, async (t) => {
  const http = { listen: false, secret: "open sesame", hosts: ["app.example"] };
  const runtime = await createRuntime({ storage: ":memory:", logger: quiet, http });
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  assert.equal(runtime.listening, undefined);
  const server = createServer(getRequestListener((request) => runtime.fetch(request)));
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const authorization = "Bearer open sesame";
  const status = async (headers: Record<string, string>) =>
    (await get(port, "/api/v2/jobs", headers)).status;
  assert.equal(await status({ host: "localhost" }), 401);
  assert.equal(await status({ host: "app.example" }), 401);
  assert.equal(await status({ host: "app.example", authorization }), 200);
  assert.equal(await status({ host: "evil.example", authorization }), 421);
  const refused = [
    [{ listen: false }, "http.listen"],
    [{ ...http, port: 1 }, "http.port"],
    [{ ...http, faces: {} }, "http.faces"],
  ] as const;
  for (const [bad, path] of refused) {
    await refuses(createRuntime({ storage: ":memory:", http: bad }), "ERR_ERGATE_OPTION", path);
  }
  const hooked = { allowUnknown: true, hook: "http://127.0.0.1/" };
  await refuses(runtime.enqueue("x", null, hooked), "ERR_ERGATE_HOOK_URL");
});

test("runtime.fetch answers without a server", bounded, async (t) => {
  const runtime = await createRuntime({ storage: ":memory:", logger: quiet });
  t.after(() => runtime.stop({ graceMs: 0 }));
  const answer = await runtime.fetch(new Request("http://localhost/x"));
  assert.equal(answer.status, 404);
  assert.equal((await runtime.fetch(new Request("http://evil.example/x"))).status, 421);
});
