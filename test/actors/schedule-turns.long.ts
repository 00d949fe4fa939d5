import assert from "node:assert/strict";
import { test } from "node:test";
import { type Random, seededRandom } from "../../lib/base/random.ts";
import type { Runtime } from "../../lib/client/client.ts";
import type { ScheduleOptions } from "../../lib/cron/schedule.ts";
import { overlaps } from "../../lib/job/schedule-policy.ts";
import { bounded } from "./kit.ts";
import { history, hour, minute, move, second, spec, world } from "./schedule-kit.ts";

/** Random schedules through random pauses, clock steps, sleeps and restarts. */

function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random.next() * values.length)] as T;
}

function randomSpec(random: Random): ScheduleOptions {
  const deadline = pick(random, [undefined, "10s", "10m"] as const);
  const every = pick(random, [20, 60, 70, 600]) * second;
  return spec({
    every,
    overlap: pick(random, overlaps),
    missed: pick(random, ["skip", "once", "all", { all: 3 }] as const),
    window: pick(random, ["1m", "20m", "24h"] as const),
    args: { ms: pick(random, [0, 0, 30, 90]) * second },
    ...(random.next() < 0.3 ? { jitter: every / 2 } : {}),
    ...(deadline === undefined ? {} : { deadline }),
  });
}

/** Times stand in their order, and each planned one is on record once, with none between left out. */
async function check(runtime: Runtime, name: string, createdAt: number, every: number) {
  const times: number[] = [];
  for (const run of await history(runtime, name)) {
    const { planAt, scheduleAt, startAt = scheduleAt, endAt = startAt, skipped } = run;
    assert.ok(planAt <= scheduleAt && scheduleAt <= startAt && startAt <= endAt, String(planAt));
    if (run.trigger === "manual") continue;
    const count = skipped?.count ?? 1;
    for (let at = 0; at < count; at++) times.push(planAt + at * every);
  }
  times.sort((one, other) => one - other);
  assert.deepEqual(
    times,
    times.map((_, at) => createdAt + (at + 1) * every),
    name,
  );
}

test("whatever the clock does: four times in order, each planned one once", bounded, async (t) => {
  const random = seededRandom(Number(process.env.ERGATE_SEED ?? "1") || 1);
  for (let round = 0; round < 2; round++) {
    const { clock, live, end } = world(t);
    let runtime = await live();
    const made = new Map<string, { createdAt: number; every: number }>();
    for (const name of ["a", "b", "c"]) {
      const given = randomSpec(random);
      made.set(name, { createdAt: clock.now(), every: given.every as number });
      await runtime.schedules.upsert(name, given);
    }
    for (let turn = 0; turn < 12; turn++) {
      const name = pick(random, ["a", "b", "c"]);
      switch (Math.floor(random.next() * 7)) {
        case 0:
          clock.jump(pick(random, [-hour, hour, -minute, minute]));
          break;
        case 1:
          await runtime.schedules.pause(name);
          break;
        case 2:
          await runtime.schedules.trigger(name);
          break;
        case 3:
          await end(runtime);
          clock.jump(Math.floor(random.next() * hour));
          runtime = await live();
          break;
        default:
          await runtime.schedules.resume(name);
          await move(clock, Math.floor(random.next() * 150) * second);
      }
    }
    for (const [name, { createdAt, every }] of made) await check(runtime, name, createdAt, every);
    await end(runtime);
  }
});
