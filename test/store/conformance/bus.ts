import assert from "node:assert/strict";
import { limits } from "../../../lib/base/limits.ts";
import type {
  Acknowledgement,
  NewLetter,
  NewMessage,
  SubscriptionKey,
} from "../../../lib/protocol/bus.ts";
import type { JobStore } from "../../../lib/store/store.ts";
import { caseList, hour, keptRuns, kill, type Member, member, one, rescue, t0 } from "../kit.ts";

const { cases, check } = caseList();
export const busCases = cases;

const key: SubscriptionKey = { event: "tick", name: "worker" };
const none = { delivered: 0, failed: 0, dead: 0, lost: 0 };

function message(n: number, change: Partial<NewMessage> = {}): NewMessage {
  return { id: `m${n}`, event: "tick", data: JSON.stringify({ n }), heard: false, ...change };
}

async function publish(store: JobStore, from: number, count = 1, change: Partial<NewMessage> = {}) {
  const messages = Array.from({ length: count }, (_, at) => message(from + at, change));
  return (await one(store, { type: "publish", messages, now: t0 })).published;
}

async function ids(store: JobStore, after = 0, event = "tick"): Promise<string[]> {
  const messages = await store.read({ type: "messages", event, after, limit: 1_000 });
  return messages.map(({ id }) => id);
}

const subscribe = (store: JobStore, ...subscriptions: SubscriptionKey[]) =>
  one(store, { type: "subscribe", subscriptions, now: t0 });

async function serving({ store, worker }: Member) {
  const answer = await one(store, { type: "serve", worker, ...key });
  assert.equal(answer.type, "serving");
  return answer as Extract<typeof answer, { type: "serving" }>;
}

function acknowledge(store: JobStore, fence: number, change: Partial<Acknowledgement> = {}) {
  const place = { position: 0, attempts: 0, retryAt: 0, figures: none, letters: [] };
  return one(store, { type: "acknowledge", ...key, fence, ...place, now: t0, ...change });
}

function letter(id: string): NewLetter {
  const message = { messageId: "m1", revision: 1, data: '{"n":1}', at: t0 };
  return { id, ...message, reason: "threw", error: "no", path: undefined, attempts: 5 };
}

const figures = async (store: JobStore) => (await store.read({ type: "bus" })).events[0];

async function prune(store: JobStore, now: number) {
  const never = Number.POSITIVE_INFINITY;
  const all = { completed: never, stopped: never, cancelled: never, dead: never };
  const retention = { ageMs: all, count: all, bytes: never, runs: keptRuns };
  return one(store, { type: "prune", retention, now, limit: 10 });
}

check(
  "messages have rising revisions, and numbers without a gap in their event",
  async (storage) => {
    const store = await storage.open();
    const other = await storage.open();
    const published = [
      ...(await publish(store, 1, 2)),
      ...(await publish(other, 3, 1, { event: "tock" })),
      ...(await publish(other, 4)),
    ];
    const revisions = published.map((one) => (one.type === "published" ? one.revision : 0));
    assert.deepEqual(
      revisions,
      [...new Set(revisions)].sort((x, y) => x - y),
    );
    const rows = await store.read({ type: "messages", event: "tick", after: 0, limit: 10 });
    assert.deepEqual(
      rows.map(({ number, id, data, at, to }) => ({ number, id, data, at, to })),
      [1, 2, 4].map((n, at) => ({
        ...{ number: at + 1, id: `m${n}`, data: `{"n":${n}}`, at: t0, to: undefined },
      })),
    );
    assert.deepEqual(await ids(store, 1), ["m2", "m4"]);
    const first = await store.read({ type: "messages", event: "tick", after: 0, limit: 1 });
    assert.deepEqual(first, rows.slice(0, 1));
  },
);

check(
  "who follows is told the events with something newer, in the order of it",
  async (storage) => {
    const store = await storage.open();
    await publish(store, 1, 1, { event: "a" });
    await publish(store, 2, 1, { event: "b" });
    await publish(store, 3, 1, { event: "a" });
    const look = (since: number) => store.read({ type: "busChanges", since, limit: 10 });
    const all = await look(-1);
    assert.deepEqual(
      all.map(({ event, published }) => [event, published]),
      [
        ["b", 1],
        ["a", 2],
      ],
    );
    assert.deepEqual(await look(all[0]?.revision ?? 0), all.slice(1));
    assert.deepEqual(await look(all[1]?.revision ?? 0), []);
  },
);

check("a durable subscription begins where its event is, once", async (storage) => {
  const store = await storage.open();
  await publish(store, 1, 2);
  const first = await subscribe(store, key, { event: "new", name: "worker" });
  assert.deepEqual(first.subscribed, [
    { type: "subscribed", position: 2 },
    { type: "subscribed", position: 0 },
  ]);
  await publish(store, 3);
  assert.deepEqual((await subscribe(store, key)).subscribed, [{ type: "subscribed", position: 2 }]);
  assert.deepEqual(await one(store, { type: "unsubscribe", ...key }), { removed: true });
  assert.deepEqual(await one(store, { type: "unsubscribe", ...key }), { removed: false });
  assert.equal(await store.read({ type: "subscription", ...key }), undefined);
});

check("one worker serves a subscription until it yields, leaves or dies", async (storage) => {
  const [one1, other] = [await member(storage, "a"), await member(storage, "b")];
  const ask = (who: Member) => one(who.store, { type: "serve", worker: who.worker, ...key });
  assert.deepEqual(await ask(one1), { type: "unknown" });
  await subscribe(one1.store, key);
  const first = await serving(one1);
  assert.deepEqual(await ask(other), { type: "taken" });
  await one(one1.store, { type: "yield", ...key, fence: first.fence + 1 });
  assert.deepEqual(await ask(other), { type: "taken" });
  await one(one1.store, { type: "yield", ...key, fence: first.fence });
  const second = await serving(other);
  assert.ok(second.fence > first.fence);
  await one(other.store, { type: "leave", worker: other.worker, now: t0 });
  await serving(one1);
  assert.deepEqual(await ask(other), { type: "taken" }, "who has left would never be freed of it");
  const third = await member(storage, "c");
  assert.deepEqual(await ask(third), { type: "taken" });
  await kill(one1);
  assert.deepEqual(await ask(third), { type: "taken" });
  await rescue(third);
  await serving(third);
});

check("a late holder notes nothing, the one that serves it all or nothing", async (storage) => {
  const who = await member(storage, "a");
  await subscribe(who.store, key);
  await publish(who.store, 1, 3);
  const late = await serving(who);
  const { fence } = await serving(who);
  const done = { position: 2, figures: { delivered: 1, failed: 2, dead: 1, lost: 0 } };
  const letters = [letter("l1")];
  const refused = await acknowledge(who.store, late.fence, { ...done, letters });
  assert.deepEqual(refused, { held: false });
  assert.equal((await who.store.read({ type: "bus" })).letters, 0);
  const retry = { attempts: 3, retryAt: t0 + 9 };
  assert.ok((await acknowledge(who.store, fence, { ...done, ...retry, letters })).held);
  assert.ok((await acknowledge(who.store, fence, { ...done, ...retry })).held);
  const row = await who.store.read({ type: "subscription", ...key });
  assert.deepEqual(
    { ...row, owner: undefined, fence: 0 },
    {
      ...{
        ...key,
        position: 2,
        attempts: 3,
        retryAt: t0 + 9,
        owner: undefined,
        fence: 0,
        begun: 0,
        crashes: 0,
      },
      ...{ delivered: 2, failed: 4, dead: 2, lost: 0, createdAt: t0 },
    },
  );
  const { position, attempts, retryAt } = await serving(who);
  assert.deepEqual([position, attempts, retryAt], [2, 3, t0 + 9]);
});

check("what a worker did is noted after it left, unless another serves it", async (storage) => {
  const [who, other] = [await member(storage, "a"), await member(storage, "b")];
  await subscribe(who.store, key);
  await publish(who.store, 1, 2);
  const { fence } = await serving(who);
  await one(who.store, { type: "leave", worker: who.worker, now: t0 });
  assert.ok((await acknowledge(who.store, fence, { position: 1 })).held);
  assert.equal((await serving(other)).position, 1);
  assert.ok(!(await acknowledge(who.store, fence, { position: 2 })).held);
});

check("a message is heard by a subscription, a listener or its publisher", async (storage) => {
  const who = await member(storage, "a");
  const { store, worker } = who;
  const heard = async (change: Partial<NewMessage> = {}) => {
    const [published] = await publish(store, 1, 1, change);
    return published?.type === "published" && published.heard;
  };
  assert.equal(await heard(), false);
  assert.equal((await figures(store))?.unheard, 1);
  assert.equal(await heard({ heard: true }), true);
  await one(store, { type: "listen", worker, events: ["tick", "tock"] });
  assert.equal(await heard(), true);
  await one(store, { type: "listen", worker, events: ["tock"] });
  assert.equal(await heard(), false);
  await one(store, { type: "listen", worker, events: ["tick"] });
  await one(store, { type: "leave", worker, now: t0 });
  assert.equal(await heard(), false);
  await subscribe(store, key);
  assert.equal(await heard(), true);
  assert.equal((await figures(store))?.unheard, 3);
});

check("a letter is listed, deleted, and delivered again to whom it was for", async (storage) => {
  const who = await member(storage, "a");
  const { store } = who;
  await subscribe(store, key);
  await publish(store, 1);
  const { fence } = await serving(who);
  const letters = ["l1", "l2", "l3"].map(letter);
  await acknowledge(store, fence, { letters: letters.slice(0, 2) });
  await acknowledge(store, 0, { name: undefined, letters: letters.slice(2) });
  const first = await store.read({ type: "letters", cursor: undefined, limit: 2 });
  assert.deepEqual(
    first.items.map(({ id, name }) => [id, name]),
    [
      ["l3", undefined],
      ["l2", "worker"],
    ],
  );
  const second = await store.read({ type: "letters", cursor: first.next, limit: 2 });
  assert.deepEqual(second, {
    items: [{ ...letter("l1"), ...key, diedAt: t0 }],
    next: undefined,
  });
  assert.deepEqual(await one(store, { type: "deleteLetter", id: "l2" }), { deleted: true });
  assert.deepEqual(await one(store, { type: "deleteLetter", id: "l2" }), { deleted: false });
  for (const id of ["l1", "l3"]) {
    assert.ok((await one(store, { type: "redeliver", id, now: t0 })).revision);
  }
  assert.equal((await one(store, { type: "redeliver", id: "l1", now: t0 })).revision, undefined);
  const again = await store.read({ type: "messages", event: "tick", after: 1, limit: 9 });
  assert.deepEqual(
    again.map(({ number, id, to }) => [number, id, to]),
    [
      [2, "m1", "worker"],
      [3, "m1", ""],
    ],
  );
  assert.equal((await store.read({ type: "bus" })).letters, 0);
});

check(
  "messages go when they are old, those that somebody still waits for stay",
  async (storage) => {
    const who = await member(storage, "a");
    const { store } = who;
    await subscribe(store, key);
    await publish(store, 1, 5);
    await publish(store, 6, 2, { event: "tock" });
    const { fence } = await serving(who);
    await acknowledge(store, fence, { position: 3 });
    await prune(store, t0 + limits.busKeptMs - 1);
    assert.equal((await ids(store)).length, 5);
    await prune(store, t0 + limits.busKeptMs);
    assert.deepEqual(await ids(store), ["m4", "m5"]);
    assert.deepEqual(await ids(store, 0, "tock"), []);
    const { kept, published, bytes } = (await figures(store)) ?? {};
    assert.deepEqual([kept, published, bytes], [2, 5, 2 * '{"n":4}'.length]);
    await publish(store, 8);
    assert.deepEqual(await ids(store), ["m4", "m5", "m8"]);
  },
);

check("a subscription that lags too far loses the oldest bytes", async (storage) => {
  const { store } = await member(storage, "a");
  await subscribe(store, key);
  // Texts of 4 MiB, as no client may publish: a bound in bytes is met with few of them.
  const bytes = 4 * 1024 * 1024;
  const data = JSON.stringify("x".repeat(bytes - 2));
  const most = limits.busKeptBytesMax / bytes;
  await publish(store, 0, most + 3, { data });
  await prune(store, t0);
  const left = await ids(store);
  assert.deepEqual([left.length, left[0]], [most, "m3"]);
  assert.equal((await figures(store))?.bytes, limits.busKeptBytesMax);
});

check("past their count messages go that nobody waits for", async (storage) => {
  const { store } = await member(storage, "a");
  for (let n = 0; n < limits.busKept + 1_000; n += 500) await publish(store, n, 500);
  await subscribe(store, key);
  await publish(store, limits.busKept + 1_000, 500);
  await prune(store, t0);
  const { kept } = (await figures(store)) ?? {};
  assert.equal(kept, limits.busKept + 500);
  await prune(store, t0);
  assert.equal((await figures(store))?.kept, limits.busKept);
  assert.equal((await ids(store))[0], "m1500");
});

check("there are as many events and durable subscriptions as there may be", async (storage) => {
  const store = await storage.open();
  const messages = Array.from({ length: limits.busEvents + 1 }, (_, n) =>
    message(n, { event: `e${n}` }),
  );
  const { published } = await one(store, {
    type: "publish",
    messages: messages.slice(0, -1),
    now: t0,
  });
  assert.ok(published.every(({ type }) => type === "published"));
  const full = await one(store, { type: "publish", messages: messages.slice(-2), now: t0 });
  assert.deepEqual(
    full.published.map(({ type }) => type),
    ["published", "full"],
  );
  const names = Array.from({ length: limits.busSubscriptions + 1 }, (_, n) => `s${n}`);
  const { subscribed } = await subscribe(store, ...names.map((name) => ({ event: "e0", name })));
  assert.deepEqual(
    subscribed.map(({ type }) => type),
    names.map((_, n) => (n < limits.busSubscriptions ? "subscribed" : "full")),
  );
  assert.equal(
    (await subscribe(store, { event: "e0", name: "s0" })).subscribed[0]?.type,
    "subscribed",
  );
});

check("letters go when they are old, or too many", async (storage) => {
  const store = await storage.open();
  const bury = (from: number, count: number, now: number) => {
    const letters = Array.from({ length: count }, (_, at) =>
      letter(`l${String(from + at).padStart(6, "0")}`),
    );
    return acknowledge(store, 0, { name: undefined, letters, now });
  };
  await bury(0, 1, t0 - 1);
  await bury(1, limits.busLetters + 1, t0);
  await prune(store, t0 + limits.busLettersMs - 1);
  const { letters } = await store.read({ type: "bus" });
  assert.equal(letters, limits.busLetters);
  const newest = await store.read({ type: "letters", cursor: undefined, limit: 1 });
  assert.equal(newest.items[0]?.id, `l0${limits.busLetters + 1}`);
  await prune(store, t0 + limits.busLettersMs);
  assert.equal((await store.read({ type: "bus" })).letters, 0);
});

check("messages of one namespace are invisible to another", async (storage) => {
  const [here, there] = [await storage.open(), await storage.open("there")];
  await subscribe(here, key);
  await publish(here, 1);
  assert.deepEqual(await there.read({ type: "bus" }), {
    events: [],
    subscriptions: [],
    letters: 0,
  });
  await publish(there, 2);
  assert.deepEqual([await ids(here), await ids(there)], [["m1"], ["m2"]]);
  await prune(there, t0 + hour * 2);
  assert.deepEqual([await ids(here), await ids(there)], [["m1"], []]);
});

check("an acknowledgement that is sent again leaves one letter", async (storage) => {
  const own = await member(storage, "a");
  await subscribe(own.store, key);
  await publish(own.store, 1);
  const { fence } = await serving(own);
  const dead = { position: 1, letters: [letter("l1")] };
  for (const _ of [1, 2]) {
    assert.deepEqual(await acknowledge(own.store, fence, dead), { held: true });
  }
  assert.equal((await own.store.read({ type: "bus" })).letters, 1);
});

check("one sweep deletes so many messages of all events together", async (storage) => {
  const { store } = await member(storage, "a");
  const half = limits.busPruneRows / 2 + 1;
  await publish(store, 0, half);
  await publish(store, half, half, { event: "tock" });
  const later = t0 + limits.busKeptMs;
  const kept = async () =>
    (await store.read({ type: "bus" })).events.reduce((sum, event) => sum + event.kept, 0);
  assert.equal((await prune(store, later)).more, true);
  assert.equal(await kept(), 2);
  assert.equal((await prune(store, later)).more, false);
  assert.equal(await kept(), 0);
});

check("processes that die in the call for a message are counted, others not", async (storage) => {
  const first = await member(storage, "a");
  const { store } = first;
  await subscribe(store, key);
  await publish(store, 1, 3);
  const own = await serving(first);
  assert.deepEqual([own.isUnclean, own.crashes], [false, 0]);
  const begin = (fence: number, number: number) =>
    one(store, { type: "begin", ...key, fence, number });
  let members = 0;
  const next = async (from: Member) => {
    const who = await member(storage, `b${++members}`);
    await one(store, { type: "leave", worker: from.worker, now: t0 });
    const { fence, isUnclean, crashes } = await serving(who);
    return { who, fence, seen: [isUnclean, crashes] };
  };
  const second = await next(first);
  assert.deepEqual(second.seen, [true, 0], "no call was noted");
  assert.deepEqual(await begin(own.fence, 1), { held: false });
  assert.deepEqual(await begin(second.fence, 1), { held: true });
  const again = await serving(second.who);
  assert.deepEqual([again.isUnclean, again.crashes], [true, 0], "it lives");
  await begin(again.fence, 1);
  const third = await next(second.who);
  assert.deepEqual(third.seen, [true, 1]);
  await begin(third.fence, 1);
  await acknowledge(store, third.fence, { attempts: 1 });
  const fourth = await next(third.who);
  assert.deepEqual(fourth.seen, [true, 1], "the call had ended");
  await begin(fourth.fence, 1);
  await one(store, { type: "yield", ...key, fence: fourth.fence });
  const fifth = await next(fourth.who);
  assert.deepEqual(fifth.seen, [false, 1], "it was yielded");
  await acknowledge(store, fifth.fence, { position: 1 });
  const sixth = await next(fifth.who);
  assert.deepEqual(sixth.seen, [true, 0], "that message is dealt with");
});
