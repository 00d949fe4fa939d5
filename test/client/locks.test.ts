import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lease } from "../../lib/job/lock.ts";
import {
  aborted,
  bounded,
  eventually,
  made,
  newFile,
  places,
  refuses,
  started,
  turns,
} from "../actors/kit.ts";

for (const [place, storage] of Object.entries(places)) {
  test(`${place}: a held lock refuses who tries once, and names its holder`, bounded, async (t) => {
    const runtime = await made(t, { storage: storage(t) });
    const lease = await runtime.locks.acquire("ledger");
    const taken = await refuses(
      runtime.locks.acquire("ledger", { wait: 0 }),
      "ERR_ERGATE_LOCK_TAKEN",
    );
    assert.match(taken.message, new RegExp(`pid ${process.pid}`));
    const { items } = await runtime.locks.list();
    const [{ name, fence, since, expiresAt } = assert.fail("nothing is listed")] = items;
    assert.deepEqual([name, fence, expiresAt - since], ["ledger", lease.fence, 5_000]);
    assert.deepEqual([await lease.release(), await lease.release()], [true, true]);
    assert.deepEqual((await runtime.locks.list()).items, []);
    assert.equal(lease.signal.aborted, false);
    const next = await runtime.locks.acquire("ledger", { wait: 0 });
    assert.ok(next.fence > lease.fence);
  });

  test(`${place}: whoever waits gets it in the order of coming`, bounded, async (t) => {
    const runtime = await made(t, { storage: storage(t) });
    const first = await runtime.locks.acquire("ledger");
    const order: number[] = [];
    const rest = [1, 2, 3, 4, 5].map(async (number) => {
      const lease = await runtime.locks.acquire("ledger");
      order.push(number);
      await lease.release();
      return lease.fence;
    });
    await first.release();
    const fences = await Promise.all(rest);
    assert.deepEqual(order, [1, 2, 3, 4, 5]);
    assert.deepEqual(
      fences,
      [...fences].sort((x, y) => x - y),
    );
  });

  test(
    `${place}: a wait that is over is refused, and one whose signal fires has its reason`,
    bounded,
    async (t) => {
      const runtime = await made(t, { storage: storage(t) });
      const lease = await runtime.locks.acquire("ledger");
      const waits = runtime.locks.acquire("ledger", { wait: 1 });
      const controller = new AbortController();
      const aborts = runtime.locks.acquire("ledger", { signal: controller.signal });
      const next = runtime.locks.acquire("ledger");
      controller.abort("enough");
      await assert.rejects(aborts, (reason) => reason === "enough");
      const late = await refuses(waits, "ERR_ERGATE_LOCK_TAKEN");
      assert.match(late.message, /is held by .*pid/);
      await lease.release();
      assert.equal((await next).name, "ledger");
      const before = AbortSignal.abort("before");
      await assert.rejects(
        runtime.locks.acquire("x", { signal: before }),
        (reason) => reason === "before",
      );
    },
  );
}

test("another process that never started hears of a release by the bell", bounded, async (t) => {
  const storage = newFile(t);
  const here = await made(t, { storage });
  const there = await made(t, { storage });
  for (let round = 0; round < 5; round++) {
    // Far from its end: nothing but the release can wake who waits.
    const lease = await here.locks.acquire("ledger", { ttl: "1h" });
    const waits = there.locks.acquire("ledger", { ttl: "1h" });
    await turns(3);
    await lease.release();
    await (await waits).release();
  }
});

test(
  "a release is awaited once by `await using`, and a stop frees what is held",
  bounded,
  async (t) => {
    const storage = newFile(t);
    const here = await made(t, { storage });
    let held: Lease;
    {
      await using lease = await here.locks.acquire("ledger");
      held = lease;
    }
    assert.equal(await held.release(), true);
    const lease = await here.locks.acquire("ledger", { ttl: "1h" });
    const waits = here.locks.acquire("ledger");
    waits.catch(() => undefined);
    await here.stop();
    await aborted(lease.signal);
    assert.equal(lease.signal.reason.code, "ERR_ERGATE_LOCK_LOST");
    assert.equal(await lease.release(), false);
    await refuses(waits, "ERR_ERGATE_STOPPED");
    await refuses(here.locks.acquire("ledger"), "ERR_ERGATE_STOPPED");
    const there = await started(t, { storage });
    await there.locks.acquire("ledger", { wait: 0 });
  },
);

test("what is wrong with a name or an option is refused with its path", bounded, async (t) => {
  const { locks } = await made(t);
  for (const name of ["", "a\nb", "\ud800", "x".repeat(201), 7 as never]) {
    await refuses(locks.acquire(name), "ERR_ERGATE_OPTION", "name");
  }
  await refuses(locks.acquire("a", { ttl: 99 }), "ERR_ERGATE_OPTION", "options.ttl");
  await refuses(locks.acquire("a", { ttl: "25h" }), "ERR_ERGATE_OPTION", "options.ttl");
  await refuses(locks.acquire("a", { wait: -1 }), "ERR_ERGATE_DURATION", "options.wait");
  await refuses(locks.acquire("a", { tll: 1 } as never), "ERR_ERGATE_OPTION", "options.tll");
  await refuses(locks.acquire("a", { signal: {} as never }), "ERR_ERGATE_OPTION", "options.signal");
  await refuses(locks.list({ limit: 0 }), "ERR_ERGATE_OPTION", "options.limit");
  await refuses(locks.list({ cursor: "?" }), "ERR_ERGATE_CURSOR");
  assert.equal((await locks.acquire("any text, ü@🐜")).name, "any text, ü@🐜");
});

test("locks are listed page by page", bounded, async (t) => {
  const { locks } = await made(t);
  for (const name of ["c", "a", "b"]) await locks.acquire(name);
  const { items, next = assert.fail("there is no next page") } = await locks.list({ limit: 2 });
  assert.deepEqual(
    items.map(({ name }) => name),
    ["a", "b"],
  );
  const last = await locks.list({ cursor: next });
  assert.deepEqual([last.items.map(({ name }) => name), last.next], [["c"], undefined]);
});

test("a process holds 10 000 locks, and is refused the next", bounded, async (t) => {
  const { locks } = await made(t);
  const names = Array.from({ length: 10_000 }, (_, at) => `lock ${at}`);
  const leases = await Promise.all(names.map((name) => locks.acquire(name, { ttl: "1h" })));
  await refuses(locks.acquire("one more"), "ERR_ERGATE_OVERLOADED");
  await leases[0]?.release();
  await eventually(
    () => locks.acquire("one more", { wait: 0 }),
    () => true,
  );
});
