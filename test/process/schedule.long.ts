import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";
import { seededRandom } from "../../lib/base/random.ts";
import { newFile } from "../actors/kit.ts";
import { calls, completed, onlooker, over, planned, scheduled } from "./schedule-kit.ts";

const bounded = { timeout: 300_000 };

test("five processes, 1000 due times, a job of 10 ms: exactly 1000 calls", bounded, async (t) => {
  const file = newFile(t);
  await Promise.all([1, 2, 3, 4, 5].map(() => scheduled(t, file)));
  const here = await onlooker(t, file);
  const due = (await planned(here, { schedules: 10, everyMs: 200, forMs: 22_000 })).slice();
  await over(here);
  assert.ok(due.length >= 1_000, `${due.length} due times`);
  t.diagnostic(`${due.length} due times, ${calls(file).length} calls`);
  assert.deepEqual(calls(file), due);
  assert.deepEqual(await completed(here), due);
});

test("kill -9 meanwhile: no time has two runs, none is lost", bounded, async (t) => {
  const file = newFile(t);
  const random = seededRandom(2026);
  const children = await Promise.all([1, 2, 3].map(() => scheduled(t, file)));
  const here = await onlooker(t, file);
  const due = await planned(here, { schedules: 10, everyMs: 200, forMs: 15_000 });
  for (let kills = 0; kills < 6; kills++) {
    const victim = Math.floor(random.next() * children.length);
    await new Promise<void>((resolve) => void systemClock.after(random.next() * 1_500, resolve));
    await children[victim]?.kill();
    children[victim] = await scheduled(t, file);
  }
  await over(here);
  assert.deepEqual(await completed(here), due);
  const called = calls(file);
  assert.deepEqual([...new Set(called)], due);
  t.diagnostic(`${due.length} due times, ${called.length} calls`);
});

/** Each process is alone and sleeps over three periods and a half of 4 s. */
for (const [missed, least, most] of [
  ["skip", 0, 0],
  ["once", 1, 1],
  ["all(3)", 2, 3],
] as const) {
  test(`a process that is stopped over three periods: missed ${missed}`, bounded, async (t) => {
    const file = newFile(t);
    const here = await onlooker(t, file);
    await here.schedules.upsert("slow", { every: "4s", job: "fire", missed });
    const child = await scheduled(t, file);
    const events = here.events({ types: ["completed"] });
    await events.next();
    const [first] = (await here.schedules.runs("slow")).items;
    assert.ok(first);
    child.signal("SIGSTOP");
    // Three times pass, and the next is far.
    const wakeAt = first.planAt + 3 * 4_000 + 3_000;
    await new Promise<void>((resolve) => {
      systemClock.after(wakeAt - Date.now(), resolve);
    });
    child.signal("SIGCONT");
    let found = 0;
    while (found !== first.planAt + 16_000) {
      await events.next();
      found = (await here.schedules.runs("slow")).items[0]?.planAt ?? 0;
    }
    await events.return?.();
    const runs = (await here.schedules.runs("slow")).items;
    const caught = runs.filter(({ trigger, jobId }) => trigger === "catch-up" && jobId);
    t.diagnostic(runs.map((run) => `${run.planAt - first.planAt} ${run.trigger}`).join(", "));
    assert.ok(caught.length >= least && caught.length <= most, `${caught.length} caught up`);
    const times = runs.reduce((sum, { skipped }) => sum + (skipped?.count ?? 1), 0);
    assert.equal(times, 5);
  });
}
