import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDefinition } from "../../lib/job/definition.ts";
import type { ClaimedJob } from "../../lib/job/job.ts";
import { Loop } from "../../lib/job/loop.ts";
import type { ContextTools } from "../../lib/job/run-context.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { signal, turns } from "../actors/kit.ts";

const tools = {} as ContextTools;

function claimed(fence: number): ClaimedJob {
  const job = { id: "a", name: "job", queue: "job", args: "0", attempt: 1, maxAttempts: 4 };
  const place = { seq: 1, lane: 1, bytes: 1, runAt: 0, timeoutMs: undefined };
  return { ...job, ...place, fence, suspect: false, ahead: false } as ClaimedJob;
}

test("a run whose job was given back and claimed anew keeps its slot until it ends", async () => {
  const loop = new Loop(new VirtualClock(), tools);
  const ends = [signal(), signal()];
  let runs = 0;
  const job = parseDefinition({ name: "job", run: () => ends[runs++]?.promise }, "job");
  const ended: number[] = [];
  loop.listen({ ended: (run) => void ended.push(run.job.fence), overdue: () => undefined });
  const first = loop.start(claimed(1), job);
  const second = loop.start(claimed(2), job);
  assert.deepEqual([loop.active, loop.lingering, first.abandoned], [2, 1, true]);
  ends[0]?.resolve();
  await turns(1);
  assert.deepEqual([loop.active, loop.lingering, ended], [1, 0, [1]]);
  assert.equal(loop.get(1, 2), second);
  ends[1]?.resolve();
  await turns(1);
  assert.deepEqual([loop.active, ended], [0, [1, 2]]);
});
