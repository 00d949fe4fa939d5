import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import { eventually, made, newFile, refuses, signal, silent, started } from "../actors/kit.ts";
import { Child } from "./kit.ts";

const bounded = { timeout: 110_000 };
const job = defineJob("job", { run: (args: unknown) => args });

test("a file that another program keeps locked is refused after 5 s", bounded, async (t) => {
  const file = newFile(t);
  await (await made(t, { storage: file })).stop();
  const other = new Child(t, "lock", file);
  await other.line("locked");
  const before = Date.now();
  await refuses(createRuntime({ storage: file, logger: silent }), "ERR_ERGATE_STORE_LOCKED");
  const took = Date.now() - before;
  assert.ok(took >= 4500 && took < 30_000, `${took} ms`);
  other.end();
  await other.gone();
  const runtime = await started(t, { storage: file, jobs: [job] });
  assert.equal(await runtime.enqueueAndWait(job, 7), 7);
});

test("what ends while another program holds the lock is committed after it", bounded, async (t) => {
  const file = newFile(t);
  const entered = signal();
  const release = signal();
  let runs = 0;
  const gated = defineJob("gated", {
    async run() {
      runs++;
      entered.resolve();
      await release.promise;
      return "kept";
    },
  });
  const runtime = await started(t, { storage: file, jobs: [gated, job] });
  const { id } = await runtime.enqueue(gated);
  await entered.promise;
  const other = new Child(t, "lock", file);
  await other.line("locked");
  release.resolve();
  await refuses(runtime.enqueue(job, 1), "ERR_ERGATE_STORE_LOCKED");
  assert.equal((await runtime.jobs.get(id))?.state, "running");
  other.end();
  await other.gone();
  const done = await eventually(
    () => runtime.jobs.get(id),
    (row) => row?.state !== "running",
  );
  assert.deepEqual([done?.state, done?.result, done?.attempt], ["completed", "kept", 1]);
  assert.equal(runs, 1);
  assert.equal(await runtime.enqueueAndWait(job, 2), 2);
});
