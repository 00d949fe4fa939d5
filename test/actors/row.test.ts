import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { defineJob } from "../../actors/index.ts";
import { bounded, handler, made, newFile, refuses, started } from "./kit.ts";

const loop = defineJob("echo", { run: (args: unknown) => ({ args }) });
const thread = defineJob("echo", { thread: handler("echo") });

for (const [place, echo] of [
  ["loop", loop],
  ["thread", thread],
] as const) {
  test(`${place}: arguments edited into no JSON are dead, and say so`, bounded, async (t) => {
    const file = newFile(t);
    const before = await made(t, { storage: file, jobs: [echo] });
    const receipts = await before.enqueueMany([1, 2, 3].map((args) => ({ job: echo, args })));
    const [first = "", broken = "", last = ""] = receipts.map(({ id }) => id);
    await before.stop();
    const text = '{"half": ';
    edit(file, "UPDATE jobs SET args = ? WHERE id = ?", text, broken);
    const runtime = await started(t, { storage: file, jobs: [echo], threads: 1 });
    await refuses(runtime.result(broken), "ERR_ERGATE_RESULT_DEAD");
    const job = await runtime.jobs.get(broken);
    assert.deepEqual([job?.state, job?.attempt, job?.args], ["dead", 1, text]);
    assert.match(`${job?.reason} ${job?.errors.at(-1)?.message}`, /arguments|payload/);
    assert.match(`${job?.reason} ${job?.errors.at(-1)?.message}`, /JSON/);
    for (const [id, args] of [
      [first, 1],
      [last, 3],
    ] as const) {
      assert.equal(((await runtime.result(id)) as { args: number }).args, args);
    }
    const { items } = await runtime.jobs.list({ state: "dead" });
    assert.deepEqual(
      items.map(({ id }) => id),
      [broken],
    );
    assert.equal(await runtime.jobs.delete(broken), true);
  });
}

test("tags edited into no JSON hide no other job", bounded, async (t) => {
  const file = newFile(t);
  const before = await made(t, { storage: file, jobs: [loop] });
  const requests = [1, 2, 3].map((args) => ({ job: loop, args, tags: ["red"] }));
  const receipts = await before.enqueueMany(requests);
  const [first = "", broken = "", last = ""] = receipts.map(({ id }) => id);
  await before.stop();
  edit(file, "UPDATE jobs SET tags = ? WHERE id = ?", "red", broken);
  const runtime = await started(t, { storage: file, jobs: [loop] });
  for (const { id } of receipts) await runtime.result(id);
  const { items } = await runtime.jobs.list();
  assert.deepEqual(
    items.map(({ id }) => id),
    [last, broken, first],
  );
  assert.ok((await runtime.jobs.list({ tag: "red" })).items.length >= 2);
  assert.ok((await runtime.jobs.count({ tag: "red" })) >= 2);
  assert.equal(await runtime.jobs.delete(broken), true);
});

function edit(file: string, statement: string, ...values: unknown[]): void {
  const db = new Database(file);
  db.prepare(statement).run(...values);
  db.close();
}
