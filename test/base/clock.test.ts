import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";

const fired = (ms: number) =>
  new Promise<number>((resolve) => {
    const start = systemClock.monotonic();
    systemClock.after(ms, () => resolve(systemClock.monotonic() - start));
  });

test("a timer waits its time", async () => {
  for (const ms of [1, 1.5, 3, 7.25]) {
    const took = await fired(ms);
    // Node's own timers count whole milliseconds of a clock read at the loop's start.
    assert.ok(took >= ms - 1, `${took} ms instead of ${ms}`);
  }
});

test("a timer of no delay comes in a later turn", async () => {
  let sync = true;
  const took = new Promise<boolean>((resolve) => systemClock.after(0, () => resolve(sync)));
  sync = false;
  assert.equal(await took, false);
});

test("a cancelled timer does not fire", async () => {
  let cancelled = false;
  systemClock
    .after(1, () => {
      cancelled = true;
    })
    .cancel();
  await fired(5);
  assert.equal(cancelled, false);
});

test("a timer of more than 24 days waits instead of firing at once", async () => {
  let early = false;
  const timer = systemClock.after(2 ** 31 + 1_000, () => {
    early = true;
  });
  await fired(3);
  timer.cancel();
  assert.equal(early, false);
});

test("monotonic never goes back, and now is whole milliseconds of this decade or later", () => {
  const first = systemClock.monotonic();
  assert.ok(systemClock.monotonic() >= first);
  assert.ok(Number.isInteger(systemClock.now()));
  assert.ok(systemClock.now() > 1_700_000_000_000);
});
