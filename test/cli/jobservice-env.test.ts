import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { configOf } from "../../lib/cli/serve-config.ts";
import { refuses } from "../actors/kit.ts";

const file = (name: string) => fileURLToPath(new URL(`./tls/${name}`, import.meta.url));
const [cert, key] = [file("cert.pem"), file("key.pem")];

function config(env: Record<string, string>) {
  const call = { args: { text: () => undefined }, start: "/", machine: { env } };
  return configOf(call as unknown as Parameters<typeof configOf>[0]);
}

test("config: the jobservice's variables set port, workers and TLS; our own go before them", async () => {
  const theirs = { JOB_SERVICE_PORT: "9443", JOB_SERVICE_POOL_WORKERS: "10" };
  assert.deepEqual(await config(theirs), { http: { port: 9443 }, concurrency: 10 });
  const both = await config({ ERGATE_PORT: "1", ERGATE_CONCURRENCY: "2", ...theirs });
  assert.deepEqual(both, { http: { port: 1 }, concurrency: 2 });
  const files = { JOB_SERVICE_HTTPS_CERT: cert, JOB_SERVICE_HTTPS_KEY: key };
  const secure = await config({ ...theirs, ...files, JOB_SERVICE_PROTOCOL: "https" });
  const tls = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  assert.deepEqual(secure.http, { port: 9443, tls });
  assert.deepEqual(await config({ ...files, JOB_SERVICE_PROTOCOL: "http" }), {});
});

test("config: https without its files, and a protocol that is none, are refused by name", async () => {
  const https = { JOB_SERVICE_PROTOCOL: "https", JOB_SERVICE_HTTPS_CERT: cert };
  const faults: [Record<string, string>, string][] = [
    [{ JOB_SERVICE_PROTOCOL: "ftp" }, "JOB_SERVICE_PROTOCOL"],
    [{ JOB_SERVICE_PROTOCOL: "https" }, "JOB_SERVICE_HTTPS_CERT"],
    [https, "JOB_SERVICE_HTTPS_KEY"],
    [{ ...https, JOB_SERVICE_HTTPS_KEY: file("none.pem") }, "JOB_SERVICE_HTTPS_KEY"],
  ];
  for (const [env, path] of faults) await refuses(config(env), "ERR_ERGATE_OPTION", path);
});
