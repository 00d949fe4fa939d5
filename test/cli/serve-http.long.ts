import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { connect } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bounded } from "../actors/kit.ts";
import { ended, faultOf, inside, launch, nextLine, tempFolder, writeTree } from "./ergate.ts";

/** Made for these tests alone; they last for a hundred years. */
const [cert, key] = ["cert.pem", "key.pem"].map((file) => {
  return fileURLToPath(new URL(`./tls/${file}`, import.meta.url));
}) as [string, string];
const secret = "open sesame";

test("serve says in one line where it listens, answers, and stops cleanly", bounded, async (t) => {
  const cwd = tempFolder(t);
  const server = launch(t, { cwd }, "serve", "--port", "0");
  const [, url] = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(await nextLine(server)) ?? [];
  const answer = await fetch(`${url}/api/v2/stats`);
  assert.equal(answer.status, 200);
  assert.equal(typeof ((await answer.json()) as { counts: object }).counts, "object");
  const waiting = connect(Number(new URL(url as string).port), "127.0.0.1");
  await once(waiting, "connect");
  server.kill("SIGTERM");
  const { code, stderr } = await ended(server);
  assert.equal(code, 0);
  assert.match(stderr, /^ergate: serving ergate\.db with 0 jobs \(pid \d+\)$/m);
  if (!waiting.closed) await once(waiting, "close");
});

test("serve with --json has the url in its line", bounded, async (t) => {
  const cwd = tempFolder(t);
  const server = launch(t, { cwd }, "serve", "--port", "0", "--json");
  const { url, pid } = JSON.parse(await nextLine(server)) as { url: string; pid: number };
  assert.equal(pid, server.pid);
  assert.equal((await fetch(`${url}/api/v2/jobs`)).status, 200);
});

test(
  "a port that is taken is told with what to do, and the file is free again",
  bounded,
  async (t) => {
    const cwd = tempFolder(t);
    const server = launch(t, { cwd }, "serve", "--port", "0");
    const port = new URL((await nextLine(server)).slice("listening on ".length)).port;
    const fault = await faultOf({ cwd }, "serve", "--port", port, "--db", "other.db");
    assert.deepEqual([fault.exit, fault.code], [1, "ERR_ERGATE_HTTP_LISTEN"]);
    assert.match(
      fault.message,
      new RegExp(`127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*; --port gives`),
    );
    assert.equal((await inside({ cwd }, "workers", "--db", "other.db")).stdout, "no workers\n");
  },
);

test(
  "another address than loopback needs a secret, which files and variables give",
  bounded,
  async (t) => {
    const cwd = tempFolder(t);
    writeTree(cwd, { secret: `${secret}\n`, empty: "\n" });
    const open = ["serve", "--port", "0", "--host", "0.0.0.0"];
    const fault = async (env: NodeJS.ProcessEnv, ...args: string[]) => {
      const { exit, code, path } = await faultOf({ cwd, env }, ...args);
      return [exit, code, path];
    };
    assert.deepEqual(await fault({}, ...open), [1, "ERR_ERGATE_OPTION", "http.host"]);
    const given = ["serve", "--port", "0", "--secret-file"];
    const expected = [1, "ERR_ERGATE_OPTION", "--secret-file"];
    assert.deepEqual(await fault({}, ...given, "none"), expected);
    assert.deepEqual(await fault({}, ...given, "empty"), expected);
    const short = { ERGATE_SECRET: "short" };
    assert.deepEqual(await fault(short, ...open), [1, "ERR_ERGATE_OPTION", "http.secret"]);
    const status = async (env: NodeJS.ProcessEnv, ...args: string[]) => {
      const server = launch(t, { cwd, env }, ...args);
      const { port } = new URL((await nextLine(server)).slice("listening on ".length));
      const ask = (authorization: string) =>
        fetch(`http://127.0.0.1:${port}/api/v2/jobs`, { headers: { authorization } });
      const statuses = [await ask(`Bearer ${secret}`), await ask("Bearer another")];
      server.kill("SIGKILL");
      return statuses.map((answer) => answer.status);
    };
    const core = { CORE_SECRET: secret };
    const all = await Promise.all([status(core, ...open), status({}, ...given, "secret")]);
    assert.deepEqual(all, [
      [200, 401],
      [200, 401],
    ]);
  },
);

test("serve speaks TLS with a certificate and its key", bounded, async (t) => {
  const cwd = tempFolder(t);
  const server = launch(t, { cwd }, "serve", "--port", "0", "--tls-cert", cert, "--tls-key", key);
  const line = await nextLine(server);
  assert.match(line, /^listening on https:\/\/127\.0\.0\.1:\d+$/);
  const ca = readFileSync(cert);
  const url = new URL("/api/v2/jobs", line.slice("listening on ".length));
  const sent = request(url, { ca, agent: false });
  sent.end();
  const [answer] = await once(sent, "response");
  assert.equal(answer.statusCode, 200);
  answer.resume();
  const half = await inside({ cwd }, "serve", "--tls-cert", cert);
  assert.deepEqual([half.code, /go together/.test(half.stderr)], [2, true]);
});
