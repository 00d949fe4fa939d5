import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { Fuzz, type OpenApi } from "./fuzz.ts";
import { call, served } from "./kit.ts";

/** Fails where a server in this process answers random requests as it must not, or no more. */
export async function withstands(t: TestContext, times: number, seed: number): Promise<void> {
  const failed: object[] = [];
  const logger = {
    ...{ debug() {}, info() {}, warn() {} },
    error: (fields: object) => void failed.push(fields),
  };
  const jobs = [defineJob("echo", { run: (args: unknown) => args })];
  const nightly = { cron: "0 3 * * *", job: "echo" };
  const { runtime, port } = await served(t, {}, { jobs, logger, schedules: { nightly } });
  const document = (await call(port, "GET", "/api/v2/openapi.json")).body as unknown as OpenApi;
  const fuzz = new Fuzz(document, seed);
  for (let at = 0; at < 5; at++) {
    fuzz.known.push((await runtime.enqueue("echo", at, { delay: "1h" })).id);
  }
  await fuzz.play(port, times);
  t.diagnostic(
    `by status: ${[...fuzz.statuses].map(([at, count]) => `${at}: ${count}`).join(", ")}`,
  );
  assert.deepEqual(failed, [], "a request failed in a way that only the log tells");
  const share = fuzz.succeeded.size / fuzz.routes;
  assert.ok(share > 0.6, `only these were met at all: ${[...fuzz.succeeded].sort().join(", ")}`);
  await runtime.queues.resume("echo");
  assert.equal(await runtime.enqueueAndWait("echo", 1), 1, "it no longer works");
}
