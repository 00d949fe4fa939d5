import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, made, newFile } from "../actors/kit.ts";
import { within, worker } from "./kit.ts";

const bounded = { timeout: 110_000 };

test(
  "a process that died is dead in the list of workers at once, with what it ran, and goes within 2 s of another's look",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await made(t, { storage: file });
    const first = await worker(t, file);
    const { id } = await here.enqueue("hang", { to: "a" });
    await first.line("entered", id);
    const [alive] = await here.workers.list();
    assert.deepEqual([alive?.pid, alive?.status], [first.pid, "healthy"]);
    await first.kill();
    const [dead] = await here.workers.list();
    assert.deepEqual([dead?.id, dead?.status, dead?.busy], [alive?.id, "dead", 1]);
    assert.deepEqual(
      dead?.slots.map(({ jobId, args }) => [jobId, args]),
      [[id, { to: "a" }]],
    );
    const told = await here.why(id);
    assert.match(told.sentence, /which died; it runs again once another worker notices/);
    let next = await worker(t, file);
    await next.line("entered", id);
    const [own, ...others] = await here.workers.list();
    assert.deepEqual([own?.pid, others], [next.pid, []]);
    await within(t, 2_000, async () => {
      const witness = await worker(t, file);
      const before = Date.now();
      await next.kill();
      await eventually(
        () => here.workers.list(),
        (workers) => workers.every(({ pid }) => pid === witness.pid),
      );
      next = witness;
      return Date.now() - before;
    });
    await here.jobs.stop(id);
  },
);
