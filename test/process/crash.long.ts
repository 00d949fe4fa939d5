import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, made, newFile } from "../actors/kit.ts";
import { records, worker } from "./kit.ts";

const bounded = { timeout: 110_000 };

test("jobs that were settled before a crash are not run again", bounded, async (t) => {
  const file = newFile(t);
  const here = await made(t, { storage: file });
  const first = await worker(t, file);
  const jobs = Array.from({ length: 200 }, () => ({ job: "count" }));
  await here.enqueueMany(jobs);
  await here.queues.drain("count");
  await first.kill();
  await worker(t, file);
  await here.result((await here.enqueue("pid")).id);
  assert.equal(records(file).length, 200);
});

test("a job without a crash limit is never poison", bounded, async (t) => {
  const file = newFile(t);
  const here = await made(t, { storage: file });
  await worker(t, file);
  const { id } = await here.enqueue("immune");
  for (let crash = 0; crash < 4; crash++) {
    await eventually(
      () => here.jobs.executions(id),
      (runs) => runs.filter(({ outcome }) => outcome === "crashed").length >= crash,
    );
    await (await worker(t, file)).gone();
  }
  assert.notEqual((await here.jobs.get(id))?.state, "dead");
});

test("a process that is merely stopped keeps its jobs", bounded, async (t) => {
  const file = newFile(t);
  const here = await made(t, { storage: file });
  const first = await worker(t, file);
  const { id } = await here.enqueue("hang");
  await first.line("entered", id);
  first.signal("SIGSTOP");
  const second = await worker(t, file);
  // Its janitor has probed several times: each job below waits for a later second.
  for (let second = 0; second < 3; second++) {
    await here.result((await here.enqueue("pid", 0, { delay: "1s" })).id);
  }
  const job = await here.jobs.get(id);
  assert.deepEqual([job?.state, job?.errors], ["running", []]);
  const alive = (await here.workers.list()).map(({ pid, alive }) => [pid, alive]);
  assert.deepEqual(alive, [
    [first.pid, true],
    [second.pid, true],
  ]);
  first.signal("SIGCONT");
  await here.jobs.stop(id);
  await assert.rejects(here.result(id), { code: "ERR_ERGATE_RESULT_STOPPED" });
});
