import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";
import { seededRandom } from "../../lib/base/random.ts";
import { bounded, newFile, started } from "../actors/kit.ts";
import { killBoth, side } from "./bus-evidence.ts";

test("over many kills nothing acknowledged is lost, and the order stays", async (t) => {
  const storage = newFile(t);
  const random = seededRandom(2026);
  const runtime = await started(t, { storage });
  const subscription = await runtime.bus.subscribe("tick", {
    name: "worker",
    run: () => undefined,
  });
  await subscription.unsubscribe();
  await killBoth(runtime, storage, 20, () => 1 + Math.floor(random.next() * 800));
});

test("another process hears of a message by the bell, not by its poll", bounded, async (t) => {
  const storage = newFile(t);
  const runtime = await started(t, { storage });
  const other = side("subscribe", storage);
  await other.tells(1);
  const begun = systemClock.monotonic();
  for (let n = 0; n < 10; n++) {
    await runtime.bus.publish("tick", n);
    await other.tells(n + 2);
  }
  const tookMs = systemClock.monotonic() - begun;
  await other.kill();
  t.diagnostic(`${(tookMs / 10).toFixed(1)} ms from a publish to its delivery elsewhere`);
  // By polls alone it takes ten times a second.
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
});
