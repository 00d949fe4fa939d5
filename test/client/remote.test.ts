import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import { EventStreamReader } from "../../lib/client/remote/event-stream.ts";
import { type ClientOptions, createClient } from "../../lib/client/remote.ts";
import type { JobEvent } from "../../lib/protocol/event.ts";
import { bounded, newFile, refuses, signal, silent } from "../actors/kit.ts";

const echo = defineJob("echo", { run: (args: unknown) => args });

async function served(storage: string, port = 0) {
  const http = { port, secret: "open sesame" };
  const runtime = await createRuntime({ storage, logger: silent, http, jobs: [echo] });
  await runtime.start();
  return { runtime, url: runtime.listening?.url ?? "", port: runtime.listening?.port ?? 0 };
}

test("the secret goes with every request, and without it none is answered", bounded, async (t) => {
  const { runtime, url } = await served(":memory:");
  t.after(() => runtime.stop({ graceMs: 0 }));
  const named = createClient({ url: `${url}/`, secret: "open sesame", timeout: "1m" });
  assert.equal((await named.stats()).counts.available, 0);
  for (const client of [createClient({ url }), createClient({ url, secret: "another" })]) {
    await refuses(client.stats(), "ERR_ERGATE_HTTP_UNAUTHORIZED");
    const events = client.events();
    await refuses(events.next(), "ERR_ERGATE_HTTP_UNAUTHORIZED");
  }
});

test("options that are none are refused with their path", () => {
  const refused = (options: unknown, path: string, code = "ERR_ERGATE_OPTION") =>
    assert.throws(() => createClient(options as ClientOptions), { code, path });
  refused({}, "url");
  refused({ url: "localhost:9321" }, "url");
  refused({ url: "http://user:word@localhost" }, "url");
  refused({ url: "http://localhost", secrets: [] }, "secrets");
  refused({ url: "http://localhost", fetch: 5 }, "fetch");
  refused({ url: "http://localhost", timeout: "soon" }, "timeout", "ERR_ERGATE_DURATION");
});

test("what can't be done over HTTP says so", bounded, async () => {
  const client = createClient({ url: "http://127.0.0.1:9" });
  await refuses(client.backup("copy.db"), "ERR_ERGATE_REMOTE");
  await refuses(client.locks.acquire("ledger"), "ERR_ERGATE_REMOTE");
  await refuses(
    Promise.resolve().then(() => client.jobs.get("..")),
    "ERR_ERGATE_REMOTE",
    "id",
  );
  const large = client.enqueueMany(
    Array.from({ length: 2 }, () => ({ job: "echo", args: "x".repeat(2 ** 19) })),
  );
  await refuses(large, "ERR_ERGATE_HTTP_BODY");
});

test(
  "a server that is not there, is silent, or is another's, is told as such",
  bounded,
  async (t) => {
    const silentOne = await listening(t, () => undefined);
    await refuses(
      createClient({ url: silentOne, timeout: 30 }).stats(),
      "ERR_ERGATE_HTTP_UNREACHABLE",
      "url",
    );
    const other = await listening(t, (end) => end(200, "<html>hello</html>"));
    await refuses(createClient({ url: other }).stats(), "ERR_ERGATE_HTTP_ANSWER");
    const proxy = await listening(t, (end) => end(502, "bad gateway"));
    await refuses(createClient({ url: proxy }).stats(), "ERR_ERGATE_HTTP_ANSWER");
    const gone = createClient({ url: "http://127.0.0.1:9" });
    await refuses(gone.enqueue("echo"), "ERR_ERGATE_HTTP_UNREACHABLE", "url");
    await refuses(gone.events().next(), "ERR_ERGATE_HTTP_UNREACHABLE", "url");
  },
);

test("events go on over the server's restart, and miss no end", bounded, async (t) => {
  const file = newFile(t);
  const { runtime: first, url, port } = await served(file);
  const client = createClient({ url, secret: "open sesame" });
  const seen = client.events({ types: ["completed"] });
  t.after(() => seen.return?.());
  const ids = [(await first.enqueue(echo, 1, { id: "one" })).id];
  assert.equal(((await seen.next()).value as JobEvent).id, "one");
  const next = seen.next();
  await first.stop({ graceMs: 0 });
  const between = await createRuntime({ storage: file, logger: silent, jobs: [echo] });
  await between.start();
  ids.push((await between.enqueue(echo, 2, { id: "two" })).id);
  await between.result("two");
  await between.stop();
  const { runtime: last } = await served(file, port);
  t.after(() => last.stop({ graceMs: 0 }));
  assert.equal(((await next).value as JobEvent).id, "two");
  await last.enqueue(echo, 3, { id: "three" });
  assert.equal(((await seen.next()).value as JobEvent).id, "three");
});

test("a wait is told of the server's end", bounded, async (t) => {
  const arrived = signal();
  const auth = ({ url: asked }: Request) => {
    if (asked.includes("/result")) arrived.resolve();
    return "admin" as const;
  };
  const options = { storage: ":memory:", logger: silent, http: { port: 0, auth }, jobs: [echo] };
  const runtime = await createRuntime(options);
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  const client = createClient({ url: runtime.listening?.url ?? "" });
  await client.queues.pause("echo");
  const { id } = await client.enqueue("echo");
  const wait = refuses(client.result(id), "ERR_ERGATE_STOPPED");
  await arrived.promise;
  await runtime.stop({ graceMs: 0 });
  await wait;
});

test("events are read from pieces that end anywhere", () => {
  const bytes = Buffer.from(':\n\nid: 1-a\nevent: dead\ndata: {"é":1}\n\nid: 2\n\ndata: x\n\n');
  for (const size of [1, 2, 7, bytes.length]) {
    const reader = new EventStreamReader();
    const events = [];
    for (let at = 0; at < bytes.length; at += size) {
      events.push(...reader.read(bytes.subarray(at, at + size)));
    }
    assert.deepEqual(events, [
      { type: "message", id: undefined, data: "" },
      { type: "dead", id: "1-a", data: '{"é":1}' },
      { type: "message", id: "2", data: "" },
      { type: "message", id: undefined, data: "x" },
    ]);
  }
  const endless = () => new EventStreamReader().read(Buffer.alloc(1024 * 1024 + 1, "x"));
  assert.throws(endless, { code: "ERR_ERGATE_HTTP_ANSWER" });
});

type End = (status: number, text: string) => void;

/** A server of another kind. */
async function listening(t: TestContext, answer: (end: End) => void): Promise<string> {
  const server = createServer((_, response) => {
    answer((status, text) => response.writeHead(status).end(text));
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
