import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuntimeOptions } from "../../lib/client/options.ts";
import { bounded, refuses } from "../actors/kit.ts";
import { hour, minute, move, spec, t0, toldOf, world } from "../actors/schedule-kit.ts";

type Schedules = NonNullable<RuntimeOptions["schedules"]>;

const hourly = spec({ every: "1h" });
const daily = spec({ cron: "0 3 * * *" });

test(
  "what code declares is there after the start, without a start nothing is",
  bounded,
  async (t) => {
    const { make } = world(t);
    const runtime = await make({ schedules: { hourly, daily } });
    const names = async () => (await runtime.schedules.list()).items.map(({ name }) => name);
    assert.deepEqual(await names(), []);
    await runtime.start();
    assert.deepEqual(await names(), ["daily", "hourly"]);
  },
);

test("what code says no more is removed, what hands made stays", bounded, async (t) => {
  const { live, end } = world(t);
  const one = await live({ schedules: { hourly, daily } });
  await one.schedules.upsert("by-hand", hourly);
  const names = async (runtime: typeof one) =>
    (await runtime.schedules.list()).items.map(({ name }) => name);
  await end(one);
  const silentOne = await live();
  assert.deepEqual(await names(silentOne), ["by-hand", "daily", "hourly"]);
  const elsewhere = await live({ namespace: "other", schedules: { daily } });
  assert.deepEqual(await names(elsewhere), ["daily"]);
  assert.deepEqual(await names(silentOne), ["by-hand", "daily", "hourly"]);
  const next = await live({ schedules: { daily } });
  assert.deepEqual(await names(next), ["by-hand", "daily"]);
  const none = await live({ schedules: {} });
  assert.deepEqual(await names(none), ["by-hand"]);
  assert.deepEqual(await names(elsewhere), ["daily"]);
});

test(
  "changes by hand outlive a restart with the same code, not a change of it",
  bounded,
  async (t) => {
    const { live, end } = world(t);
    const schedules: Schedules = { one: hourly, two: daily };
    const first = await live({ schedules });
    await first.schedules.upsert("one", spec({ every: "2h" }));
    await first.schedules.pause("two");
    await end(first);
    const second = await live({ schedules });
    assert.equal((await second.schedules.get("one"))?.every, 2 * hour);
    assert.equal((await second.schedules.get("two"))?.paused, true);
    await end(second);
    const third = await live({ schedules: { one: spec({ every: "3h" }), two: daily } });
    assert.equal((await third.schedules.get("one"))?.every, 3 * hour);
    assert.equal((await third.schedules.get("two"))?.paused, true);
  },
);

test("every counts from its creation, over restarts, saves and late runs", bounded, async (t) => {
  const { clock, entered, live, end } = world(t);
  const schedules = { one: spec({ every: "7m", missed: "once", window: "1h" }) };
  const first = await live({ schedules });
  await move(clock, 8 * minute);
  await first.schedules.upsert("one", spec({ every: "7m", args: { ms: 1 } }));
  await move(clock, 2 * minute);
  await end(first);
  await move(clock, 20 * minute);
  const second = await live({ schedules });
  await move(clock, 10 * minute);
  const planned = entered.map(([, planAt]) => Number(planAt) / 60);
  assert.deepEqual(planned, [7, 28, 35]);
  assert.equal((await second.schedules.get("one"))?.nextAt, t0 + 42 * minute);
});

test(
  "two processes that declare it differently: the last one's word stands",
  bounded,
  async (t) => {
    const { clock, live } = world(t);
    const one = await live({ schedules: { both: spec({ every: "1h" }) } });
    const other = await live({ schedules: { both: spec({ every: "2h" }) } });
    const revision = (await one.schedules.get("both"))?.revision;
    await move(clock, 2 * minute);
    for (const { schedules } of [one, other]) {
      const both = await schedules.get("both");
      assert.deepEqual([both?.every, both?.revision], [2 * hour, revision]);
    }
  },
);

test("two processes that start at once make each schedule once", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const schedules = { a: spec({ cron: "* * * * *" }), b: spec({ cron: "* * * * *" }) };
  const [one] = await Promise.all([live({ schedules }), live({ schedules })]);
  await move(clock, 2 * minute);
  assert.equal(entered.length, 4);
  assert.equal((await toldOf(one)).length, 4);
});

test("a declared schedule that can't be fails the start, with its path", bounded, async (t) => {
  const { live, make } = world(t);
  const bad = { one: spec({ cron: "61 * * * *" }) };
  await refuses(make({ schedules: bad }), "ERR_ERGATE_SCHEDULE", "schedules.one.cron");
  const unknown = { one: spec({ cron: "* * * * *", job: "nobody" }) };
  await refuses(live({ schedules: unknown }), "ERR_ERGATE_JOB_UNKNOWN", "schedules.one.job");
  const list = [hourly] as unknown as Schedules;
  await refuses(make({ schedules: list }), "ERR_ERGATE_OPTION", "schedules");
});

test("a time that is due at a restart with other code goes by the old one", bounded, async (t) => {
  const { clock, entered, live, end } = world(t);
  await end(await live({ schedules: { one: spec({ cron: "0 * * * *" }) } }));
  await move(clock, hour + 10);
  const next = await live({ schedules: { one: spec({ cron: "30 * * * *" }) } });
  await move(clock, 31 * minute);
  assert.deepEqual(
    entered.map(([, planAt]) => Number(planAt) / 60),
    [60, 90],
  );
  assert.equal((await toldOf(next)).length, 2);
});
