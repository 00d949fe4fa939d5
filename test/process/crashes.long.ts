import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { eventually, made, newFile } from "../actors/kit.ts";
import { records, within, worker } from "./kit.ts";

const bounded = { timeout: 110_000 };

test(
  "after kill -9 another process runs the dead one's jobs again, within 2 s",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await made(t, { storage: file });
    let first = await worker(t, file);
    await within(t, 2000, async () => {
      const { id } = await here.enqueue("hang");
      await first.line("entered", id);
      const second = await worker(t, file);
      const before = Date.now();
      await first.kill();
      const again = await second.line("entered", id);
      const took = Date.now() - before;
      assert.equal(again.attempt, 1);
      const kept = await here.jobs.executions(id);
      assert.deepEqual(
        kept.map(({ outcome }) => outcome),
        ["crashed", "running"],
      );
      await here.jobs.stop(id);
      first = second;
      return took;
    });
  },
);

test(
  "a job that kills its process three times is dead by poison; its mates complete unblamed",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await made(t, { storage: file });
    const first = await worker(t, file);
    const mate = await here.enqueue("mate");
    await first.line("entered", mate.id);
    const { id } = await here.enqueue("poison");
    await first.gone();
    for (const _crash of [2, 3]) await (await worker(t, file)).gone();
    await worker(t, file);
    await assert.rejects(here.result(id), { code: "ERR_ERGATE_RESULT_DEAD" });
    assert.equal((await here.jobs.get(id))?.reason, "poison");
    assert.equal(records(file).filter((run) => run.id === id).length, 3);
    assert.equal(await here.result(mate.id), "done");
  },
);

test(
  "a thread job claimed ahead that kills its process is poison, and what waits behind it is not blamed",
  bounded,
  async (t) => {
    const file = newFile(t);
    const [held, go] = [`${file}-held`, `${file}-go`];
    const here = await made(t, { storage: file });
    const first = await worker(t, file);
    for (let run = 0; run < 30; run++) await here.enqueueAndWait("fuse", {});
    const args = [{ until: held }, { until: go, kills: true }, {}];
    const receipts = await here.enqueueMany(args.map((args) => ({ job: "fuse", args })));
    const [hold = "", fuse = "", mate = ""] = receipts.map(({ id }) => id);
    const shown = (id: string) => here.jobs.get(id);
    await eventually(
      () => shown(mate),
      (job) => job?.state === "running",
    );
    assert.equal((await shown(fuse))?.startedAt, undefined);
    writeFileSync(held, "");
    const entered = await eventually(
      () => shown(fuse),
      (job) => job?.startedAt !== undefined,
    );
    assert.ok((entered?.startedAt ?? 0) >= ((await shown(hold))?.startedAt ?? 0));
    assert.equal((await shown(mate))?.startedAt, undefined);
    writeFileSync(go, "");
    await first.gone();
    for (const _crash of [2, 3]) await (await worker(t, file)).gone();
    await worker(t, file);
    await assert.rejects(here.result(fuse), { code: "ERR_ERGATE_RESULT_DEAD" });
    assert.equal((await shown(fuse))?.reason, "poison");
    assert.equal((await here.jobs.executions(fuse)).length, 3);
    assert.equal(await here.result(mate), "done");
    assert.deepEqual((await shown(mate))?.errors, []);
    assert.equal((await here.jobs.executions(mate)).length, 1);
  },
);
