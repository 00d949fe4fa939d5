import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import { parseHttp } from "../../lib/http/settings.ts";
import { bounded } from "../actors/kit.ts";
import { call, quiet, served } from "./kit.ts";

/** What clients do that nobody should wait for: over bare sockets, byte by byte. */

const jobs = [defineJob("echo", { run: (args: unknown) => args })];
const post = "POST /api/v2/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

async function connected(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("utf8");
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** All that comes until the server ends the connection. */
async function untilCut(socket: Socket): Promise<string> {
  let text = "";
  for await (const part of socket) text += part;
  return text;
}

test(
  "a request that comes too slowly is cut, in its headers or in its body",
  bounded,
  async (t) => {
    const { port } = await served(t, { requestTimeout: 200 }, { jobs });
    const inHeaders = await connected(t, port);
    inHeaders.write("GET /api/v2/jobs HTTP/1.1\r\nhost: localhost\r\nx-slow:");
    const inBody = await connected(t, port);
    inBody.write(`${post}content-length: 100\r\n\r\n{`);
    const [headers, body] = await Promise.all([untilCut(inHeaders), untilCut(inBody)]);
    assert.match(headers, /^HTTP\/1\.1 408 /);
    assert.doesNotMatch(body, /^HTTP\/1\.1 2/);
    assert.equal((await call(port, "GET", "/api/v2/jobs/count")).status, 200);
  },
);

test("a body that does not come whole is its sender's fault, not ours", bounded, async (t) => {
  const failed: object[] = [];
  const logger = { ...quiet, error: (fields: object) => void failed.push(fields) };
  const { port } = await served(t, {}, { jobs, logger });
  const badly = await connected(t, port);
  badly.end(`${post}transfer-encoding: chunked\r\n\r\nzz\r\n`);
  assert.match(await untilCut(badly), /^HTTP\/1\.1 400 /);
  const half = await connected(t, port);
  half.end(`${post}content-length: 100\r\n\r\n{`);
  await untilCut(half);
  assert.equal((await call(port, "GET", "/healthz")).status, 200);
  assert.deepEqual(failed, []);
});

test(
  "a connection without a request is kept for its idle time, and then closed",
  bounded,
  async (t) => {
    const { port } = await served(t, { idleTimeout: 100 });
    const socket = await connected(t, port);
    socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    const text = await untilCut(socket);
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.match(text, /connection: keep-alive/i);
  },
);

test("the time-outs are 15 s and 60 s, and never none", () => {
  const { requestMs, idleMs } = parseHttp({});
  assert.deepEqual([requestMs, idleMs], [15_000, 60_000]);
  for (const name of ["requestTimeout", "idleTimeout"]) {
    assert.throws(() => parseHttp({ [name]: 0 }), {
      code: "ERR_ERGATE_OPTION",
      path: `http.${name}`,
    });
  }
});

test(
  "a body past 1 MiB is refused as it comes, whatever was said of its length",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs });
    const chunked = await connected(t, port);
    chunked.on("error", () => undefined);
    chunked.write(`${post}connection: close\r\ntransfer-encoding: chunked\r\n\r\n`);
    const answer = once(chunked, "data");
    const piece = "x".repeat(64 * 1024);
    for (let sent = 0; sent <= limits.httpBodyBytes; sent += piece.length) {
      chunked.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    }
    assert.match(String(await answer), /^HTTP\/1\.1 413 /);
    const said = await connected(t, port);
    said.write(`${post}connection: close\r\ncontent-length: ${limits.httpBodyBytes + 1}\r\n\r\n`);
    assert.match(String(await once(said, "data")), /^HTTP\/1\.1 413 /);
    assert.equal(await runtime.jobs.count(), 0);
  },
);

test("headers past 16 KiB are refused", bounded, async (t) => {
  const { port } = await served(t);
  const socket = await connected(t, port);
  socket.write(`GET / HTTP/1.1\r\nhost: localhost\r\nx-long: ${"x".repeat(17 * 1024)}\r\n\r\n`);
  assert.match(await untilCut(socket), /^HTTP\/1\.1 431 /);
});
