import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Assembly } from "../../actors/assembly.ts";
import {
  discard,
  type Message,
  type Runtime,
  type RuntimeOptions,
  retryAfter,
  snooze,
} from "../../actors/index.ts";
import { parseOptions } from "../../actors/options.ts";
import { runtimeOf } from "../../actors/runtime.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { ErgateError } from "../../lib/base/error.ts";
import { limits } from "../../lib/base/limits.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import type { Query } from "../../lib/protocol/query.ts";
import { type MemoryStorage, memoryStorage } from "../../lib/store/memory/engine.ts";
import type { JobStore } from "../../lib/store/store.ts";
import {
  aborted,
  advance,
  bounded,
  eventually,
  made,
  places,
  refuses,
  type Signal,
  signal,
  silent,
  turns,
} from "./kit.ts";

/** Notes what was delivered; `all` resolves once that is so many. */
function collector<Data = unknown>(count: number) {
  const got: Data[] = [];
  const full = signal<Data[]>();
  const run = (data: Data) => {
    got.push(data);
    if (got.length === count) full.resolve(got);
  };
  return { got, run, all: full.promise };
}

interface Given extends Partial<RuntimeOptions> {
  /** What a read or write does in place of it; undefined: as ever. */
  instead?: (type: string, inner: () => Promise<unknown>) => Promise<unknown> | undefined;
}

/** A process on a storage. */
function process(t: TestContext, storage: MemoryStorage, given: Given = {}): Runtime {
  const { instead, ...options } = given;
  const inner = storage.open();
  const read = (query: Query) => {
    const answer = () => inner.read(query);
    return instead?.(query.type, answer) ?? answer();
  };
  const store: JobStore = {
    durability: inner.durability,
    read: read as JobStore["read"],
    apply: (batch) => inner.apply(batch),
    watch: (ring) => inner.watch(ring),
    backup: (file) => inner.backup(file),
    close: () => inner.close(),
  };
  const settings = parseOptions({ storage: ":memory:", logger: silent, ...options });
  const runtime = runtimeOf(new Assembly(settings, store));
  runtime.failed.catch(() => undefined);
  t.after(() => runtime.stop({ graceMs: 0 }));
  return runtime;
}

async function running(t: TestContext, storage: MemoryStorage, given: Given = {}) {
  const runtime = process(t, storage, given);
  await runtime.start();
  return runtime;
}

const figuresOf = async (runtime: Runtime, name: string | undefined, event = "tick") =>
  (await runtime.bus.stats()).subscriptions.find((one) => one.name === name && one.event === event);

const takesWords = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) =>
      typeof (value as { word?: unknown }).word === "string"
        ? { value: { upper: (value as { word: string }).word.toUpperCase() } }
        : { issues: [{ message: "is no word", path: ["word"] }] },
  },
};

for (const [place, storage] of Object.entries(places)) {
  test(`${place}: every message comes once to each subscription, in order`, bounded, async (t) => {
    const runtime = await made(t, { storage: storage(t) });
    const [durable, live] = [collector<{ n: number }>(300), collector<{ n: number }>(300)];
    await runtime.bus.subscribe<{ n: number }>("tick", { name: "worker", run: durable.run });
    // Not awaited: what is published after the call comes all the same.
    void runtime.bus.subscribe("tick", live.run);
    const sent = Array.from({ length: 300 }, (_, n) => ({ n }));
    const publish = (data: object) => runtime.bus.publish("tick", data);
    const early = await Promise.all(sent.slice(0, 150).map(publish));
    await runtime.start();
    const late = await Promise.all(sent.slice(150).map(publish));
    assert.deepEqual(await durable.all, sent);
    assert.deepEqual(await live.all, sent);
    const revisions = [...early, ...late].map(({ revision }) => revision);
    assert.deepEqual(
      revisions,
      [...new Set(revisions)].sort((x, y) => x - y),
    );
    const stats = await eventually(
      () => runtime.bus.stats(),
      ({ delivered }) => delivered === 600,
    );
    assert.deepEqual([stats.published, stats.unheard, stats.dead, stats.lost], [300, 0, 0, 0]);
  });
}

test(
  "a process that was away gets what it missed, one without a name does not",
  bounded,
  async (t) => {
    const storage = memoryStorage();
    const first = await running(t, storage);
    const before = collector(1);
    await first.bus.subscribe("tick", { name: "worker", run: before.run });
    await first.bus.publish("tick", 0);
    await before.all;
    await first.stop();
    const other = process(t, storage);
    for (const n of [1, 2, 3]) await other.bus.publish("tick", n);
    const [durable, live] = [collector(4), collector(1)];
    const again = process(t, storage);
    await again.bus.subscribe("tick", { name: "worker", run: durable.run });
    await again.bus.subscribe("tick", live.run);
    await again.start();
    await other.bus.publish("tick", 4);
    assert.deepEqual(await durable.all, [1, 2, 3, 4]);
    assert.deepEqual(await live.all, [4]);
  },
);

test(
  "of two processes with one name one is called, then the other once it died",
  bounded,
  async (t) => {
    const storage = memoryStorage();
    const [first, second] = [await running(t, storage), await running(t, storage)];
    const stuck = signal();
    const ends = signal();
    await first.bus.subscribe<number>("tick", {
      name: "worker",
      run(data) {
        if (data < 2) return;
        stuck.resolve();
        return ends.promise;
      },
    });
    for (const n of [0, 1]) await first.bus.publish("tick", n);
    await eventually(
      () => figuresOf(first, "worker"),
      (figures) => figures?.delivered === 2,
    );
    const got = collector(2);
    await second.bus.subscribe("tick", { name: "worker", run: got.run });
    for (const n of [2, 3]) await second.bus.publish("tick", n);
    await stuck.promise;
    assert.deepEqual(got.got, []);
    // To the file it is dead; in fact it lives on, and its callback ends too late.
    const store = storage.open();
    await store.apply([{ type: "leave", worker: 1, now: 0 }]);
    assert.deepEqual(await got.all, [2, 3]);
    ends.resolve();
    await second.bus.publish("tick", 4);
    await eventually(
      () => got.got.length,
      (count) => count === 3,
    );
    const { delivered } = await eventually(
      () => second.bus.stats(),
      (stats) => stats.subscriptions.every(({ waiting }) => waiting === 0),
    );
    assert.equal(delivered, 5);
  },
);

test(
  "a callback that throws is called again after waits, then its message is a dead letter",
  bounded,
  async (t) => {
    const clock = new VirtualClock(1_000_000);
    const runtime = await running(t, memoryStorage(), { clock });
    const calls: [number, number, number][] = [];
    const good = collector(2);
    await runtime.bus.subscribe<number>("tick", {
      name: "worker",
      run(data, { attempt }) {
        calls.push([data, attempt, clock.now() - 1_000_000]);
        if (data === 1) throw new Error(`no ${attempt}`);
        good.run(data);
      },
    });
    for (const n of [0, 1, 2]) await runtime.bus.publish("tick", n);
    await advance(clock, 999);
    assert.deepEqual(calls, [
      [0, 1, 0],
      [1, 1, 0],
    ]);
    await advance(clock, 60_000);
    assert.deepEqual(await good.all, [0, 2]);
    const waits = [1, 2, 4, 8].map((factor) => factor * limits.busRetryMs);
    const starts = [0, ...waits.map((_, at) => waits.slice(0, at + 1).reduce((x, y) => x + y))];
    assert.deepEqual(
      calls.slice(1, 6),
      starts.map((at, index) => [1, index + 1, at]),
    );
    const { items } = await runtime.bus.dead.list();
    assert.deepEqual(
      items.map(({ event, name, data, reason, error, attempts }) => {
        return { event, name, data, reason, error, attempts };
      }),
      [{ event: "tick", name: "worker", data: 1, reason: "threw", error: "no 5", attempts: 5 }],
    );
    const figures = await figuresOf(runtime, "worker");
    assert.deepEqual(
      [figures?.delivered, figures?.failed, figures?.dead, figures?.waiting],
      [2, 5, 1, 0],
    );
  },
);

test("failed calls are counted over processes, and their wait holds", bounded, async (t) => {
  const clock = new VirtualClock(1_000_000);
  const storage = memoryStorage();
  const attempts: number[] = [];
  const begin = async () => {
    const runtime = await running(t, storage, { clock });
    const run = (_: unknown, message: Message) => {
      attempts.push(message.attempt);
      throw new Error("no");
    };
    await runtime.bus.subscribe("tick", { name: "worker", run });
    return runtime;
  };
  const first = await begin();
  await first.bus.publish("tick", 0);
  await advance(clock, 1_000);
  assert.deepEqual(attempts, [1, 2]);
  const stopped = first.stop({ graceMs: 0 });
  await advance(clock, 0);
  await stopped;
  await begin();
  await advance(clock, 1_999);
  assert.deepEqual(attempts, [1, 2]);
  await advance(clock, 1);
  assert.deepEqual(attempts, [1, 2, 3]);
});

test("a callback that never returns has failed after its time, and is told", bounded, async (t) => {
  const clock = new VirtualClock(1_000_000);
  const runtime = await running(t, memoryStorage(), { clock });
  const ends: unknown[] = [];
  const done = collector(1);
  await runtime.bus.subscribe<number>("tick", {
    timeout: "3s",
    attempts: 1,
    async run(data, message) {
      if (data === 1) return done.run(data);
      await aborted(message.signal);
      ends.push((message.signal.reason as ErgateError).code);
      await new Promise(() => undefined);
    },
  });
  for (const n of [0, 1]) await runtime.bus.publish("tick", n);
  await advance(clock, 2_999);
  assert.deepEqual([ends, done.got], [[], []]);
  await advance(clock, 1);
  assert.deepEqual(await done.all, [1]);
  assert.deepEqual(ends, ["ERR_ERGATE_RUN_TIMEOUT"]);
  await advance(clock, 0);
  const [letter] = (await runtime.bus.dead.list()).items;
  assert.equal(letter?.error, "the callback took longer than 3000 ms");
});

test(
  "a schema's output is handed over, and what it refuses is a dead letter",
  bounded,
  async (t) => {
    const runtime = await running(t, memoryStorage());
    const got = signal<string>();
    await runtime.bus.subscribe("tick", {
      schema: takesWords,
      run: ({ upper }) => got.resolve(upper),
    });
    await runtime.bus.publish("tick", { word: 7 });
    await runtime.bus.publish("tick", { word: "ant" });
    assert.equal(await got.promise, "ANT");
    const [letter] = await eventually(
      async () => (await runtime.bus.dead.list()).items,
      ({ length }) => length === 1,
    );
    assert.deepEqual(
      [letter?.reason, letter?.path, letter?.error, letter?.name, letter?.attempts],
      ["schema", "data.word", "data.word: is no word", undefined, 1],
    );
    const { dead, letters } = await eventually(
      () => runtime.bus.stats(),
      ({ delivered }) => delivered === 1,
    );
    assert.deepEqual([dead, letters], [1, 1]);
  },
);

test(
  "a dead letter is delivered again to its subscription alone, or deleted",
  bounded,
  async (t) => {
    const runtime = await running(t, memoryStorage());
    let isSound = false;
    const [mended, beside] = [collector(1), collector(2)];
    await runtime.bus.subscribe<number>("tick", {
      name: "worker",
      run: (data) => (isSound ? mended.run(data) : discard("not now")),
    });
    await runtime.bus.subscribe("tick", { name: "other", run: beside.run });
    const { id } = await runtime.bus.publish("tick", 1);
    await runtime.bus.publish("tick", 2);
    const items = await eventually(
      async () => (await runtime.bus.dead.list()).items,
      ({ length }) => length === 2,
    );
    assert.deepEqual(
      items.map(({ data, reason, error }) => [data, reason, error]),
      [
        [2, "refused", "not now"],
        [1, "refused", "not now"],
      ],
    );
    assert.equal(items[1]?.message.id, id);
    isSound = true;
    assert.equal(await runtime.bus.dead.delete(items[0]?.id ?? ""), true);
    assert.equal(await runtime.bus.dead.retry(items[1]?.id ?? ""), true);
    assert.equal(await runtime.bus.dead.retry(items[1]?.id ?? ""), false);
    assert.deepEqual(await mended.all, [1]);
    await eventually(
      () => figuresOf(runtime, "other"),
      (figures) => figures?.waiting === 0,
    );
    assert.deepEqual(beside.got, [1, 2]);
  },
);

test("what nobody subscribes to is counted, and told once", bounded, async (t) => {
  const warnings: string[] = [];
  const logger = { ...silent, warn: (_: object, text: string) => void warnings.push(text) };
  const runtime = await running(t, memoryStorage(), { logger });
  for (const n of [1, 2]) assert.equal((await runtime.bus.publish("nowhere", n)).heard, false);
  const { unheard, events } = await runtime.bus.stats();
  assert.equal(unheard, 2);
  assert.equal(events.find(({ event }) => event === "nowhere")?.unheard, 2);
  assert.deepEqual(warnings, ['nobody subscribes to "nowhere": its messages are unheard']);
});

test("another process's callback is known to whoever publishes", bounded, async (t) => {
  const storage = memoryStorage();
  const [one, other] = [await running(t, storage), await running(t, storage)];
  const subscription = await one.bus.subscribe("tick", () => undefined);
  const heard = async () => (await other.bus.publish("tick", 1)).heard;
  await eventually(heard, (is) => is);
  await subscription.unsubscribe();
  await eventually(heard, (is) => !is);
});

test(
  "nothing is delivered after an unsubscribe; a durable one waits, or is forgotten",
  bounded,
  async (t) => {
    const storage = memoryStorage();
    const runtime = await running(t, storage);
    const calls: unknown[] = [];
    const end = new AbortController();
    const run = (data: unknown) => void calls.push(data);
    const ears = [
      await runtime.bus.subscribe("tick", run),
      await runtime.bus.subscribe("tick", { run, name: "a" }),
      await runtime.bus.subscribe("tick", { run, name: "b" }),
    ];
    await runtime.bus.subscribe("tick", { run, signal: end.signal });
    end.abort();
    await ears[0]?.[Symbol.asyncDispose]();
    await ears[1]?.unsubscribe();
    await ears[2]?.unsubscribe({ forget: true });
    await runtime.bus.publish("tick", 1);
    const again = collector(1);
    await runtime.bus.subscribe("tick", { name: "a", run: again.run });
    assert.deepEqual(await again.all, [1]);
    assert.deepEqual(calls, []);
    const { subscriptions } = await runtime.bus.stats();
    const names = subscriptions.filter(({ event }) => event === "tick").map(({ name }) => name);
    assert.deepEqual(names, ["a"]);
  },
);

test("a subscription may end itself from its callback", bounded, async (t) => {
  const runtime = await running(t, memoryStorage());
  const calls: unknown[] = [];
  const over = signal();
  const subscription = await runtime.bus.subscribe("tick", async (data) => {
    calls.push(data);
    await subscription.unsubscribe();
    over.resolve();
  });
  const beside = collector(2);
  await runtime.bus.subscribe("tick", beside.run);
  for (const n of [1, 2]) await runtime.bus.publish("tick", n);
  await over.promise;
  await beside.all;
  assert.deepEqual(calls, [1]);
});

test(
  "a follower that fails or crashes goes on after waits, and nothing is missed",
  bounded,
  async (t) => {
    const clock = new VirtualClock(1_000_000);
    const storage = memoryStorage();
    const ways: (() => Promise<unknown>)[] = [];
    const errors: string[] = [];
    const logger = { ...silent, error: (_: object, text: string) => void errors.push(text) };
    const instead = (type: string) => (type === "busChanges" ? ways.shift()?.() : undefined);
    const runtime = await running(t, storage, { clock, logger, instead });
    const other = process(t, storage, { clock });
    const got = collector(3);
    const durable = collector(3);
    await runtime.bus.subscribe("tick", got.run);
    await runtime.bus.subscribe("tick", { name: "worker", run: durable.run });
    await advance(clock, 2_000);
    const fails = () =>
      Promise.reject(new ErgateError("ERR_ERGATE_STORE_LOCKED", "as the test says"));
    ways.push(fails, fails, fails);
    await other.bus.publish("tick", 0);
    await advance(clock, 749);
    assert.deepEqual(got.got, []);
    assert.deepEqual(errors, ["messages can't be read: as the test says"]);
    assert.equal(ways.length, 1, "it waits longer each time");
    await advance(clock, 2_000);
    assert.deepEqual(got.got, [0]);
    ways.push(async () => ({}));
    for (const n of [1, 2]) await other.bus.publish("tick", n);
    await advance(clock, 5_000);
    assert.deepEqual(
      [await got.all, await durable.all],
      [
        [0, 1, 2],
        [0, 1, 2],
      ],
    );
    assert.match(errors.join(), /bus crashed/);
  },
);

test("a courier that crashes goes on where it was, once its call has ended", bounded, async (t) => {
  const errors: string[] = [];
  const logger = { ...silent, error: (_: object, text: string) => void errors.push(text) };
  const ways: (() => Promise<unknown>)[] = [];
  const instead = (type: string) => (type === "messages" ? ways.shift()?.() : undefined);
  const runtime = await running(t, memoryStorage(), { logger, instead });
  const [live, durable] = [collector(2), collector(2)];
  await runtime.bus.subscribe("tick", live.run);
  await runtime.bus.subscribe("tick", { name: "worker", run: durable.run });
  await runtime.bus.publish("tick", 0);
  await eventually(
    () => [live.got.length, durable.got.length].join(),
    (counts) => counts === "1,1",
  );
  ways.push(
    async () => null,
    async () => null,
  );
  await runtime.bus.publish("tick", 1);
  assert.deepEqual(
    [await live.all, await durable.all],
    [
      [0, 1],
      [0, 1],
    ],
  );
  assert.match(errors.join(), /worker-\d+ crashed/);
});

test(
  "a stop waits for the callback under way, and what it did is not done again",
  bounded,
  async (t) => {
    const storage = memoryStorage();
    const runtime = await running(t, storage);
    const entered = signal<Message>();
    const go = signal();
    await runtime.bus.subscribe("tick", {
      name: "worker",
      async run(_, message) {
        entered.resolve(message);
        await go.promise;
      },
    });
    for (const n of [0, 1]) await runtime.bus.publish("tick", n);
    const { signal: told } = await entered.promise;
    const stopped = runtime.stop();
    await aborted(told);
    assert.equal((told.reason as ErgateError).code, "ERR_ERGATE_STOPPED");
    go.resolve();
    await stopped;
    const rest = collector(1);
    const next = await running(t, storage);
    await next.bus.subscribe("tick", { name: "worker", run: rest.run });
    assert.deepEqual(await rest.all, [1]);
  },
);

test("a call that the stop interrupts has not failed", bounded, async (t) => {
  const storage = memoryStorage();
  const runtime = await running(t, storage);
  const entered = signal();
  await runtime.bus.subscribe("tick", {
    name: "worker",
    async run(_, message) {
      entered.resolve();
      await aborted(message.signal);
      throw new Error("interrupted");
    },
  });
  await runtime.bus.publish("tick", 0);
  await entered.promise;
  await runtime.stop();
  const next = await running(t, storage);
  const attempt = signal<number>();
  const run = (_: unknown, message: Message) => attempt.resolve(message.attempt);
  await next.bus.subscribe("tick", { name: "worker", run });
  assert.equal(await attempt.promise, 1);
});

test("a process that delivers renews its lease, an idle one does not", bounded, async (t) => {
  const clock = new VirtualClock(1_000_000);
  const storage = memoryStorage();
  const runtime = await running(t, storage, { clock });
  const lease = async () => (await storage.open().read({ type: "workers" }))[0]?.leaseUntil ?? 0;
  const atStart = await lease();
  await advance(clock, limits.leaseMs);
  assert.equal(await lease(), atStart);
  const go = signal();
  await runtime.bus.subscribe("tick", () => go.promise);
  await runtime.bus.publish("tick", 1);
  await advance(clock, limits.leaseMs);
  assert.ok((await lease()) > clock.now());
  go.resolve();
});

/** Reads of one kind that wait until they are let go. */
function gate(type: string) {
  let go: Signal | undefined;
  const instead = (asked: string, inner: () => Promise<unknown>) =>
    asked === type && go !== undefined ? go.promise.then(inner) : undefined;
  return {
    instead,
    shut() {
      go = signal();
    },
    open() {
      go?.resolve();
      go = undefined;
    },
  };
}

test("what is published behind a subscribe that is under way waits for it", bounded, async (t) => {
  const { instead, shut, open } = gate("busChanges");
  const runtime = await running(t, memoryStorage(), { instead });
  await runtime.bus.publish("tick", 0);
  const got = collector(1);
  shut();
  const subscribed = runtime.bus.subscribe("tick", got.run);
  const published = runtime.bus.publish("tick", 1);
  await turns(20);
  assert.equal((await runtime.bus.stats()).published, 1);
  open();
  await Promise.all([subscribed, published]);
  assert.deepEqual(await got.all, [1]);
});

test("what was pruned before it was delivered is counted and told", bounded, async (t) => {
  const { instead, shut, open } = gate("messages");
  const errors: string[] = [];
  const logger = { ...silent, error: (_: object, text: string) => void errors.push(text) };
  const storage = memoryStorage();
  const runtime = await running(t, storage, { instead, logger });
  const got = collector(2);
  await runtime.bus.subscribe("tick", got.run);
  const never = Number.POSITIVE_INFINITY;
  const all = { completed: never, stopped: never, cancelled: never, dead: never };
  const retention = { ageMs: all, count: all, bytes: never, runs: { ageMs: never, count: never } };
  const lose = async (count: number) => {
    shut();
    for (let n = 0; n < count; n++) await runtime.bus.publish("tick", n);
    await turns(20);
    const now = systemClock.now() + 2 * limits.busKeptMs;
    await storage.open().apply([{ type: "prune", retention, now, limit: 10 }]);
  };
  await lose(2);
  await runtime.bus.publish("tick", "kept");
  open();
  await eventually(
    () => got.got.length,
    (count) => count === 1,
  );
  await lose(3);
  open();
  await eventually(
    () => figuresOf(runtime, undefined),
    (figures) => figures?.lost === 5 && figures.waiting === 0,
  );
  await runtime.bus.publish("tick", "last");
  assert.deepEqual(await got.all, ["kept", "last"]);
  const told = errors.map(
    (text) => /^(\d+) messages of "tick" were pruned before they were delivered$/.exec(text)?.[1],
  );
  // Those that came while the file was asked are known to be lost only when it is asked again.
  assert.deepEqual(told, ["2", "1", "2"]);
});

test("what comes while pruned messages are read is not taken for lost", bounded, async (t) => {
  const asked = signal();
  const go = signal();
  let isShut = false;
  const instead = (type: string) => {
    if (type !== "messages" || !isShut) return undefined;
    isShut = false;
    // What the file answered before the next message came.
    asked.resolve();
    return go.promise.then(() => []);
  };
  const runtime = await running(t, memoryStorage(), { instead });
  const got = collector(1);
  await runtime.bus.subscribe("tick", got.run);
  isShut = true;
  await runtime.bus.publish("tick", "pruned");
  await asked.promise;
  await runtime.bus.publish("tick", "kept");
  await turns(20);
  go.resolve();
  assert.deepEqual(await got.all, ["kept"]);
  assert.equal((await figuresOf(runtime, undefined))?.lost, 1);
});

test("no publish passes one that waits for a subscription", bounded, async (t) => {
  const storage = memoryStorage();
  const runtime = await running(t, storage);
  const sent: Promise<{ revision: number }>[] = [];
  for (let n = 0; n < 20; n++) {
    const subscribed = runtime.bus.subscribe(`e${n}`, () => undefined);
    sent.push(runtime.bus.publish("tick", n));
    await subscribed;
    sent.push(runtime.bus.publish("tick", n + 0.5));
  }
  const revisions = (await Promise.all(sent)).map(({ revision }) => revision);
  assert.deepEqual(
    revisions,
    [...revisions].sort((one, other) => one - other),
  );
});

test("a stop does not wait for a subscription that is forgotten meanwhile", bounded, async (t) => {
  const { instead, shut, open } = gate("subscription");
  const runtime = await running(t, memoryStorage(), { instead });
  const { unsubscribe } = await runtime.bus.subscribe("tick", { name: "a", run: () => undefined });
  shut();
  await runtime.bus.publish("tick", 1);
  await turns(20);
  await unsubscribe({ forget: true });
  const stopped = runtime.stop();
  await turns(20);
  open();
  const begun = systemClock.monotonic();
  await stopped;
  assert.ok(systemClock.monotonic() - begun < 2_000);
});

test("a job's directive other than discard has not taken the message", bounded, async (t) => {
  const runtime = await running(t, memoryStorage());
  const run = (data: unknown) => {
    if (data === "thrown") throw snooze("1s");
    return retryAfter("1s");
  };
  await runtime.bus.subscribe("tick", { name: "a", attempts: 1, run });
  for (const data of ["thrown", "returned"]) await runtime.bus.publish("tick", data);
  const { items } = await eventually(
    () => runtime.bus.dead.list(),
    (page) => page.items.length === 2,
  );
  assert.deepEqual(items.map(({ reason, error }) => `${reason}: ${error}`).reverse(), [
    "threw: a callback may discard its message; snooze is for jobs",
    "threw: a callback may discard its message; retryAfter is for jobs",
  ]);
});

test("a letter of a forgotten subscription stays where it is", bounded, async (t) => {
  const runtime = await running(t, memoryStorage());
  const run = () => discard("no");
  const subscription = await runtime.bus.subscribe("tick", { name: "a", run });
  await runtime.bus.publish("tick", 1);
  const letters = () => runtime.bus.dead.list();
  const { items } = await eventually(letters, (page) => page.items.length === 1);
  await subscription.unsubscribe({ forget: true });
  const id = items[0]?.id as string;
  assert.equal(await runtime.bus.dead.retry(id), false);
  assert.equal((await letters()).items.length, 1);
  assert.equal((await runtime.bus.stats()).published, 1);
});

test("bad calls are refused with the path of what is wrong", bounded, async (t) => {
  const { bus } = await made(t);
  const run = () => undefined;
  const loose = bus.subscribe as unknown as (...given: unknown[]) => Promise<unknown>;
  for (const [given, path] of [
    [["", run], "event"],
    [["a b", run], "event"],
    [["a"], "options"],
    [["a", {}], "options.run"],
    [["a", { run, names: "x" }], "options.names"],
    [["a", { run, name: "" }], "options.name"],
    [["a", { run, schema: {} }], "options.schema"],
    [["a", { run, attempts: 0 }], "options.attempts"],
    [["a", { run, timeout: 0 }], "options.timeout"],
    [["schedule", { run, name: "ergate" }], "options.name"],
  ] as const) {
    await refuses(() => loose(...given), "ERR_ERGATE_OPTION", path);
  }
  await refuses(
    () => loose("a", { run, timeout: "soon" }),
    "ERR_ERGATE_DURATION",
    "options.timeout",
  );
  await refuses(bus.publish("a b", 1), "ERR_ERGATE_OPTION", "event");
  await refuses(bus.publish("a", { at: new Map() }), "ERR_ERGATE_PAYLOAD_JSON", "data.at");
  const long = "x".repeat(limits.busDataBytes);
  await refuses(bus.publish("a", long), "ERR_ERGATE_PAYLOAD_SIZE", "data");
  // @ts-expect-error: the runtime's own events are typed.
  await bus.publish("unschedule", { nam: "x" });
  const { publish } = bus;
  assert.ok((await publish("a", 1)).revision > 0);
});

test("a message that kills each process that is called for it is given up", bounded, async (t) => {
  const storage = memoryStorage();
  const publisher = await running(t, storage);
  const store = storage.open();
  const calls: number[] = [];
  let worker = 1;
  const dies = async () => {
    const entered = signal();
    const victim = await running(t, storage);
    worker++;
    await victim.bus.subscribe<number>("tick", {
      name: "worker",
      run(data) {
        calls.push(data);
        if (data !== 2) return;
        entered.resolve();
        return signal().promise;
      },
    });
    if (worker === 2) for (const n of [1, 2, 3]) await publisher.bus.publish("tick", n);
    await entered.promise;
    // To the file it is dead.
    await store.apply([{ type: "leave", worker, now: 0 }]);
  };
  for (let n = 0; n <= limits.busCrashes; n++) await dies();
  const rest = collector<number>(1);
  const last = await running(t, storage);
  await last.bus.subscribe("tick", { name: "worker", run: rest.run });
  assert.deepEqual(await rest.all, [3]);
  const { items } = await eventually(
    () => last.bus.dead.list(),
    (page) => page.items.length === 1,
  );
  const [{ data, reason, error } = {}] = items;
  assert.deepEqual([data, reason], [2, "crashed"]);
  assert.equal(error, `${limits.busCrashes} processes, one after another, died in the call for it`);
  assert.equal(calls.filter((n) => n === 2).length, limits.busCrashes + 1);
});

test("who subscribes again while a call ends gets what is behind it", bounded, async (t) => {
  const runtime = await running(t, memoryStorage());
  const entered = signal();
  const go = signal();
  const calls: unknown[] = [];
  const run = async (data: unknown) => {
    calls.push(data);
    entered.resolve();
    await go.promise;
  };
  const first = await runtime.bus.subscribe("tick", { name: "a", run });
  for (const n of [1, 2]) await runtime.bus.publish("tick", n);
  await entered.promise;
  await first.unsubscribe();
  const got = collector(1);
  await runtime.bus.subscribe("tick", { name: "a", run: got.run });
  await turns(50);
  assert.deepEqual(got.got, [], "two calls at once");
  go.resolve();
  assert.deepEqual(await got.all, [2]);
  assert.deepEqual(calls, [1]);
});

test(
  "who subscribes again does not wait for ever for a call that never ends",
  bounded,
  async (t) => {
    const runtime = await running(t, memoryStorage());
    const entered = signal();
    const run = () => {
      entered.resolve();
      return signal().promise;
    };
    const hung = { name: "a", run, attempts: 1, timeout: 20 };
    const first = await runtime.bus.subscribe("tick", hung);
    for (const n of [1, 2]) await runtime.bus.publish("tick", n);
    await entered.promise;
    await first.unsubscribe();
    const got = collector(1);
    await runtime.bus.subscribe("tick", { name: "a", run: got.run, timeout: 40 });
    assert.deepEqual(await got.all, [2]);
  },
);
