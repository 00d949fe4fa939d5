import assert from "node:assert/strict";
import { test } from "node:test";
import { Assembly } from "../../actors/assembly.ts";
import { parseOptions } from "../../actors/options.ts";
import { runtimeOf } from "../../actors/runtime.ts";
import { ErgateError } from "../../lib/base/error.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Runtime } from "../../lib/client/client.ts";
import type { ScheduleOptions } from "../../lib/cron/schedule.ts";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { bounded, silent, turns } from "./kit.ts";
import { hour, minute, move, second, spec, toldOf, world } from "./schedule-kit.ts";

/** What a runtime asks of its store: looks at what is due, and whether they fail. */
interface Watched {
  /** Turns of the host's loop from a look's answer to its commit, at most. */
  turnsBetween: number;
  looks: number;
  fires: number;
  down: boolean;
}

function watched(inner: JobStore, seen: Watched): JobStore {
  let turn = 0;
  let answeredIn = 0;
  const count = () => {
    turn++;
    setImmediate(count).unref();
  };
  count();
  return {
    durability: inner.durability,
    async apply(batch) {
      const fires = batch.filter(({ type }) => type === "fire").length;
      seen.fires += fires;
      if (fires > 0) seen.turnsBetween = Math.max(seen.turnsBetween, turn - answeredIn);
      return inner.apply(batch);
    },
    async read(query) {
      if (query.type === "due") {
        seen.looks++;
        answeredIn = turn;
      }
      if (query.type === "due" && seen.down) {
        throw new ErgateError("ERR_ERGATE_STORE_LOCKED", "somebody holds it");
      }
      return inner.read(query);
    },
    watch: (ring) => inner.watch(ring),
    backup: (file) => inner.backup(file),
    close: () => inner.close(),
  };
}

async function live(
  t: Parameters<typeof world>[0],
  schedules: Record<string, ScheduleOptions>,
): Promise<ReturnType<typeof world> & { seen: Watched; runtime: Runtime }> {
  const here = world(t);
  const { clock, work, end } = here;
  const seen: Watched = { turnsBetween: 0, looks: 0, fires: 0, down: false };
  const options = { storage: ":memory:", jobs: [work], clock, logger: silent, schedules };
  const store = watched(memoryStorage().open("default"), seen);
  const runtime = runtimeOf(new Assembly(parseOptions(options), store));
  t.after(() => end(runtime));
  await runtime.start();
  await move(clock, 0);
  return { ...here, seen, runtime };
}

test("a store that can't be read for a while: the scheduler goes on, no time is lost", {
  ...bounded,
}, async (t) => {
  const { clock, entered, seen, runtime } = await live(t, {
    tick: spec({ cron: "* * * * *", overlap: "allow", missed: "skip" }),
  });
  await move(clock, 90 * second);
  seen.down = true;
  const before = seen.looks;
  await move(clock, 150 * second);
  // Each waits before it tries again.
  const most = (150 * second) / limits.storeRetryMs;
  assert.ok(seen.looks - before <= most, `${seen.looks - before} looks`);
  seen.down = false;
  await move(clock, 90 * second);
  assert.deepEqual(
    entered.map(([, planAt]) => planAt),
    [60, 120, 180, 240, 300],
  );
  const records = (await toldOf(runtime)).map((run) => run.replace(/^\d+ /, ""));
  assert.deepEqual([...new Set(records)], ["cron completed"]);
});

test("what is never due again spins nothing", bounded, async (t) => {
  const { clock, seen } = await live(t, {
    ended: spec({ cron: "* * * * *", end: "2025-01-01T00:00:00Z" }),
    paused: spec({ cron: "* * * * *", paused: true }),
  });
  const before = seen.looks;
  await move(clock, 10 * minute);
  assert.ok(seen.looks - before <= (10 * minute) / limits.scheduleLookMs, `${seen.looks - before}`);
  assert.equal(seen.fires, 0);
});

test(
  "1000 schedules of a minute cost a bounded number of looks and of commits",
  bounded,
  async (t) => {
    const each = spec({ cron: "* * * * *" });
    const all = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`s${at}`, each]));
    const { clock, entered, seen } = await live(t, all);
    await move(clock, 30 * second);
    const before = { ...seen };
    await move(clock, 3 * minute);
    assert.equal(entered.length, 3_000);
    const fullLooks = 1_000 / limits.scheduleRows + 1;
    const most = 3 * (fullLooks + 1 + minute / limits.scheduleLookMs);
    assert.ok(seen.looks - before.looks <= most, `${seen.looks - before.looks} looks in 3 minutes`);
    assert.ok(seen.fires - before.fires <= 3 * fullLooks, `${seen.fires - before.fires} commits`);
  },
);

test("a long absence is made up for in commits of a bounded size", bounded, async (t) => {
  const each = spec({ cron: "* * * * *", missed: { all: 1_000 } });
  const all = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`s${at}`, each]));
  const { clock, seen, runtime } = await live(t, all);
  await runtime.queues.pause("work");
  clock.jump(10 * hour);
  await move(clock, 2 * second);
  // 600 times each: four schedules are the first that are past the bound.
  assert.equal(seen.fires, Math.ceil(9 / Math.ceil(limits.scheduleLookSlots / 600)));
  const catchUps = (await toldOf(runtime)).filter((run) => run.includes("catch-up"));
  // The last one is punctual.
  assert.equal(catchUps.length, 9 * 599);
});

test(
  "after a long absence the host's loop goes on from schedule to schedule",
  bounded,
  async (t) => {
    const each = spec({ cron: "* * * * *" });
    const all = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`s${at}`, each]));
    const { clock, seen, entered } = await live(t, all);
    clock.jump(24 * hour);
    await clock.advanceAsync(2 * second, () => turns(100));
    assert.equal(entered.length, 40);
    assert.ok(seen.turnsBetween >= 40, `${seen.turnsBetween} turns`);
  },
);
