import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { createRuntime } from "../../actors/index.ts";
import { bounded, refuses } from "../actors/kit.ts";
import { call, quiet, served } from "./kit.ts";

test(
  "each face is at the root of its own listener, and closes with the server",
  bounded,
  async (t) => {
    const faces = { gocraft: { port: 0 }, crontab: { port: 0 } };
    const { runtime, port } = await served(t, { faces });
    const { gocraft, crontab } = runtime.listening?.faces ?? {};
    assert.equal(new Set([port, gocraft?.port, crontab?.port]).size, 3);
    assert.equal(gocraft?.url, `http://127.0.0.1:${gocraft?.port}`);
    const [pools, hosts] = [gocraft?.port ?? 0, crontab?.port ?? 0];
    assert.equal((await call(pools, "GET", "/worker_pools")).status, 200);
    const { body } = await call(hosts, "GET", "/worker/list");
    assert.equal(body.errno, 0);
    // One face each, and nothing else of the server.
    for (const [other, path] of [
      ...[[pools, "/worker/list"] as const, [hosts, "/queues"] as const],
      ...[[pools, "/api/v2/jobs"] as const, [port, "/queues"] as const],
    ]) {
      assert.equal((await call(other, "GET", path)).status, 404, path);
    }
    await runtime.stop({ graceMs: 0 });
    assert.equal(runtime.listening, undefined);
    for (const each of [pools, hosts]) {
      const [error] = await once(connect(each, "127.0.0.1"), "error");
      assert.equal(error.code, "ECONNREFUSED");
    }
  },
);

test("the guard of the server guards its faces", bounded, async (t) => {
  const faces = { gocraft: { port: 0 }, crontab: { port: 0 } };
  const { runtime } = await served(t, { faces, secret: "open sesame", hosts: ["jobs.example"] });
  const port = runtime.listening?.faces?.gocraft?.port ?? 0;
  const status = async (headers: Record<string, string>, method = "GET") =>
    (await call(port, method, "/ping", { headers })).status;
  const authorization = "Bearer open sesame";
  assert.equal(await status({}), 401);
  assert.equal(await status({ authorization }), 200);
  assert.equal(await status({ authorization, host: "evil.example" }), 421);
  assert.equal(await status({ authorization, host: "jobs.example" }), 200);
  assert.equal(await status({ authorization, "sec-fetch-site": "cross-site" }, "POST"), 403);
});

test(
  "a face that can't listen refuses the start, and leaves nothing listening",
  bounded,
  async (t) => {
    const { port: taken } = await served(t);
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, "close");
    const http = { port: 0, faces: { gocraft: { port }, crontab: { port: taken } } };
    const runtime = await createRuntime({ storage: ":memory:", logger: quiet, http });
    t.after(() => runtime.stop({ graceMs: 0 }));
    await refuses(runtime.start(), "ERR_ERGATE_HTTP_LISTEN", "http.faces.crontab.port");
    assert.equal(runtime.listening, undefined);
    const [error] = await once(connect(port, "127.0.0.1"), "error");
    assert.equal(error.code, "ECONNREFUSED");
  },
);

for (const [faces, path] of [
  [{ gocraft: {} }, "http.faces.gocraft.port"],
  [{ crontab: { port: 70_000 } }, "http.faces.crontab.port"],
  [{ crontab: { port: 0, host: "0.0.0.0" } }, "http.faces.crontab.host"],
  [{ harbor: { port: 0 } }, "http.faces.harbor"],
] as const) {
  test(`faces: ${JSON.stringify(faces)} is refused at ${path}`, async () => {
    const http = { faces } as never;
    await refuses(createRuntime({ storage: ":memory:", http }), "ERR_ERGATE_OPTION", path);
  });
}
