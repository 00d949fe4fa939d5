import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import { createClient } from "../../lib/client/remote.ts";
import { bounded, newFile } from "../actors/kit.ts";
import { call, quiet, served } from "./kit.ts";

interface Page {
  items: Record<string, unknown>[];
  next?: string;
}

/** All pages of two items each. */
async function pagesOf(port: number, path: string): Promise<Page["items"][]> {
  const pages: Page["items"][] = [];
  let cursor = "";
  for (;;) {
    const got = await call(port, "GET", `/api/v2${path}?limit=2${cursor}`);
    assert.equal(got.status, 200);
    const { items, next } = got.body as unknown as Page;
    pages.push(items);
    if (next === undefined) return pages;
    cursor = `&cursor=${next}`;
  }
}

const retried = defineJob("retried", {
  backoff: () => 0,
  maxAttempts: 5,
  run: () => Promise.reject(new Error("again")),
});

test("queues and a job's executions come by pages, and whole to a client", bounded, async (t) => {
  const { runtime, url, port } = await served(t, {}, { jobs: [retried] });
  const long = "ж".repeat(limits.nameChars);
  for (const name of ["d", "b", "a", "c", long, "я"])
    await runtime.queues.configure(name, { weight: 2 });
  const queues = await pagesOf(port, "/queues");
  assert.deepEqual(
    queues.map((page) => page.map(({ name }) => name)),
    [["a", "b"], ["c", "d"], ["retried", long], ["я"]],
  );
  const client = createClient({ url });
  const whole = (await client.queues.list()).map(({ name }) => name);
  assert.deepEqual(whole, ["a", "b", "c", "d", "retried", long, "я"]);
  const { id } = await runtime.enqueue(retried);
  await assert.rejects(runtime.result(id));
  const executions = await pagesOf(port, `/jobs/${id}/executions`);
  assert.deepEqual(
    executions.map((page) => page.map(({ attempt }) => attempt)),
    [[1, 2], [3, 4], [5]],
  );
  assert.deepEqual((await client.jobs.executions(id)).length, 5);
  assert.deepEqual(await client.jobs.executions("none"), []);
  assert.equal((await call(port, "GET", "/api/v2/jobs/none/executions")).status, 404);
  for (const cursor of ["*", "", "a"]) {
    const bad = await call(port, "GET", `/api/v2/queues?cursor=${cursor}`);
    assert.deepEqual([bad.status, bad.body.err], [400, "ERR_ERGATE_CURSOR"], cursor);
  }
});

test("workers come by pages, each once", bounded, async (t) => {
  const storage = newFile(t);
  const { runtime, port, url } = await served(t, {}, { storage });
  for (let other = 0; other < 2; other++) {
    const second = await createRuntime({ storage, logger: quiet });
    t.after(() => second.stop({ graceMs: 0 }));
    await second.start();
  }
  const pages = await pagesOf(port, "/workers");
  assert.deepEqual(
    pages.map((page) => page.length),
    [2, 1],
  );
  const ids = pages.flat().map(({ id }) => id);
  assert.deepEqual(ids, (await runtime.workers.list()).map(({ id }) => id).sort());
  assert.equal((await createClient({ url }).workers.list()).length, 3);
});
