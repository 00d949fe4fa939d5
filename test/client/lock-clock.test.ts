import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Assembly } from "../../actors/assembly.ts";
import { parseOptions } from "../../actors/options.ts";
import { runtimeOf } from "../../actors/runtime.ts";
import { ErgateError, type ErrorCode } from "../../lib/base/error.ts";
import type { Runtime } from "../../lib/client/client.ts";
import { VirtualClock, virtualStartMs } from "../../lib/kernel/testkit.ts";
import type { Write } from "../../lib/protocol/write.ts";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import { advance, bounded, refuses, silent, turns } from "../actors/kit.ts";

/** Runtimes on one storage and one clock that only the test moves. */
class Rig {
  readonly clock = new VirtualClock();
  readonly #storage = memoryStorage();
  readonly #t: TestContext;
  /** Each batch that had to do with locks. */
  readonly batches: (readonly Write[])[] = [];
  /** What the store refuses with. */
  fault: ErrorCode | undefined;

  constructor(t: TestContext) {
    this.#t = t;
  }

  /** `weather.fault`: what the store refuses it with. Default: what all of the rig meet. */
  runtime(weather: { fault: ErrorCode | undefined } = this): Runtime {
    const inner = this.#storage.open();
    const store = {
      ...{ durability: inner.durability, read: inner.read.bind(inner) },
      ...{ watch: inner.watch.bind(inner), backup: inner.backup.bind(inner) },
      close: () => inner.close(),
      apply: async (batch: readonly Write[]) => {
        const { fault } = weather;
        if (fault !== undefined) throw new ErgateError(fault, "as the test says");
        const locking = batch.filter(({ type }) => /^(acquire|renew|release)$/.test(type));
        if (locking.length > 0) this.batches.push(locking);
        return inner.apply(batch);
      },
    };
    const { clock } = this;
    const settings = parseOptions({ storage: ":memory:", clock, logger: silent });
    const runtime = runtimeOf(new Assembly(settings, store));
    this.#t.after(() => {
      weather.fault = undefined;
      return runtime.stop({ graceMs: 0 });
    });
    return runtime;
  }

  advance(ms: number): Promise<void> {
    return advance(this.clock, ms);
  }
}

async function endOf(runtime: Runtime, name = "ledger"): Promise<number | undefined> {
  const { items } = await runtime.locks.list();
  const found = items.find((lock) => lock.name === name);
  return found && found.expiresAt - virtualStartMs;
}

test(
  "a lease is renewed at each third of its ttl, for as long as it is held",
  bounded,
  async (t) => {
    const rig = new Rig(t);
    const runtime = rig.runtime();
    const lease = await runtime.locks.acquire("ledger", { ttl: "6s" });
    await rig.advance(1_999);
    assert.equal(await endOf(runtime), 6_000);
    await rig.advance(1);
    assert.equal(await endOf(runtime), 8_000);
    await rig.advance(2_000);
    assert.equal(await endOf(runtime), 10_000);
    await rig.advance(60_000);
    assert.equal(lease.signal.aborted, false);
    assert.equal(await endOf(runtime), 70_000);
    await refuses(rig.runtime().locks.acquire("ledger", { wait: 0 }), "ERR_ERGATE_LOCK_TAKEN");
    await lease.release();
    const before = rig.batches.length;
    await rig.advance(60_000);
    assert.equal(rig.batches.length, before, "what was released is renewed no more");
  },
);

test("leases that are due at about the same time are renewed in one commit", bounded, async (t) => {
  const rig = new Rig(t);
  const runtime = rig.runtime();
  for (let at = 0; at < 20; at++) {
    await runtime.locks.acquire(`lock ${at}`, { ttl: "6s" });
    await rig.advance(10);
  }
  rig.batches.length = 0;
  await rig.advance(2_200);
  assert.equal(rig.batches.length, 1);
  const [[renewal] = []] = rig.batches;
  assert.equal(renewal?.type === "renew" && renewal.leases.length, 20);
});

test(
  "a lease is lost once its store refuses for a ttl, and another has it then",
  bounded,
  async (t) => {
    const rig = new Rig(t);
    const runtime = rig.runtime();
    const lease = await runtime.locks.acquire("ledger", { ttl: "6s" });
    await rig.advance(2_000);
    rig.fault = "ERR_ERGATE_STORE_FULL";
    await rig.advance(5_999);
    assert.equal(lease.signal.aborted, false);
    await rig.advance(1);
    assert.equal(lease.signal.aborted, true);
    assert.equal(lease.signal.reason.code, "ERR_ERGATE_LOCK_LOST");
    assert.equal(await lease.release(), false);
    rig.fault = undefined;
    const next = await rig.runtime().locks.acquire("ledger", { wait: 0 });
    assert.ok(next.fence > lease.fence);
    await rig.advance(10_000);
    assert.equal(next.signal.aborted, false, "what the first one still tries harms nobody");
  },
);

test("a store that refuses for less than a ttl costs nobody a lock", bounded, async (t) => {
  const rig = new Rig(t);
  const lease = await rig.runtime().locks.acquire("ledger", { ttl: "12s" });
  await rig.advance(3_999);
  rig.fault = "ERR_ERGATE_STORE_FULL";
  await rig.advance(2_000);
  rig.fault = undefined;
  await rig.advance(60_000);
  assert.equal(lease.signal.aborted, false);
  assert.equal(await lease.release(), true);
});

test("a lease is over by the clock before any timer says so", bounded, async (t) => {
  const rig = new Rig(t);
  const lease = await rig.runtime().locks.acquire("ledger", { ttl: "6s" });
  const { signal } = lease;
  const { clock } = rig;
  // A loop that was held up: the time has passed, and no timer had its turn.
  let seen: boolean | undefined;
  clock.after(0, () => {
    const monotonic = clock.monotonic.bind(clock);
    clock.monotonic = () => monotonic() + 6_000;
    seen = lease.signal.aborted;
    clock.monotonic = monotonic;
  });
  await rig.advance(0);
  assert.deepEqual([seen, signal.aborted], [true, true]);
});

test(
  "who waits for a dead holder has the lock a ttl after its last renewal",
  bounded,
  async (t) => {
    const rig = new Rig(t);
    const weather: { fault: ErrorCode | undefined } = { fault: undefined };
    const lease = await rig.runtime(weather).locks.acquire("ledger", { ttl: "6s" });
    let gotAt = 0;
    const waits = rig.runtime().locks.acquire("ledger");
    void waits.then(() => {
      gotAt = rig.clock.now() - virtualStartMs;
    });
    await rig.advance(2_000);
    weather.fault = "ERR_ERGATE_STORE_FULL";
    await rig.advance(60_000);
    assert.equal(gotAt, 8_000);
    assert.ok((await waits).fence > lease.fence);
  },
);

test("nobody asks for a held lock but when its time is over", bounded, async (t) => {
  const rig = new Rig(t);
  const [holder, other] = [rig.runtime(), rig.runtime()];
  await holder.locks.acquire("ledger", { ttl: "6s" });
  other.locks.acquire("ledger").catch(() => undefined);
  await turns(20);
  rig.batches.length = 0;
  await rig.advance(60_000);
  const asked = rig.batches.flat().filter(({ type }) => type === "acquire");
  assert.ok(asked.length <= 16 + 60, `${asked.length} questions in a minute`);
});

test("a clock set back by an hour keeps a crashed holder's lock for a ttl", bounded, async (t) => {
  const rig = new Rig(t);
  const gone = rig.runtime();
  const lease = await gone.locks.acquire("ledger", { ttl: "6s" });
  const other = rig.runtime();
  rig.clock.jump(-3_600_000);
  await refuses(other.locks.acquire("ledger", { wait: 0 }), "ERR_ERGATE_LOCK_TAKEN");
  assert.equal((await endOf(other)) as number, 6_000 - 3_600_000);
  await rig.advance(10_000);
  assert.equal(lease.signal.aborted, false, "its own time went on, and so did its renewals");
  assert.ok(((await endOf(other)) as number) < 20_000 - 3_600_000);
});
