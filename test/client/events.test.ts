import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import { encodeCursor } from "../../lib/client/cursor.ts";
import { events } from "../../lib/client/events.ts";
import { createHub, type Hub } from "../../lib/client/hub.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import type { JobEvent } from "../../lib/protocol/event.ts";
import { bounded, made, newFile, places, refuses, signal, started } from "../actors/kit.ts";

const job = defineJob("job", { run: (args: unknown) => args, maxAttempts: 1 });
const failing = defineJob("failing", {
  run: () => Promise.reject(new Error("never")),
  maxAttempts: 1,
});
const jobs = [job, failing];

for (const [place, storage] of Object.entries(places)) {
  test(`${place}: a job's moves come in their order`, bounded, async (t) => {
    const clock = new VirtualClock();
    const runtime = await started(t, { clock, storage: storage(t), jobs });
    const seen = runtime.events();
    const now = await runtime.enqueue(job, 1);
    const moves = await until(seen, ({ type }) => type === "completed");
    assert.deepEqual(
      moves.map(({ type, state, id, attempt }) => [type, state, id, attempt]),
      [
        ["available", "available", now.id, 0],
        ["running", "running", now.id, 1],
        ["completed", "completed", now.id, 1],
      ],
    );
    assert.ok(
      moves.every(({ remote, name, queue }) => !remote && name === "job" && queue === name),
    );
    const later = await runtime.enqueue(job, 1, { delay: 30 });
    const then = await until(seen, ({ type }) => type === "scheduled");
    clock.advance(30);
    then.push(...(await until(seen, ({ type }) => type === "completed")));
    assert.deepEqual([...new Set(then.map(({ id }) => id))], [later.id]);
    const types = then.map(({ type }) => type);
    assert.deepEqual(types, ["scheduled", "available", "running", "completed"]);
    assert.ok(then.every(({ at }, place) => place === 0 || at >= (then[place - 1]?.at ?? 0)));
  });

  test(`${place}: only the types that were asked for come`, bounded, async (t) => {
    const runtime = await started(t, { storage: storage(t), jobs });
    const seen = runtime.events({ types: ["dead", "deleted"] });
    await runtime.enqueueAndWait(job, 1);
    const { id } = await runtime.enqueue(failing, 1);
    await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
    await runtime.jobs.delete(id);
    const moves = await until(seen, ({ type }) => type === "deleted");
    assert.deepEqual(
      moves.map(({ type, id: of }) => [type, of]),
      [
        ["dead", id],
        ["deleted", id],
      ],
    );
  });
}

test("a cursor goes on after its event in a later runtime: each end once", bounded, async (t) => {
  const file = newFile(t);
  const first = await started(t, { storage: file, jobs });
  const seen = first.events({ types: ["completed"] });
  await first.enqueueAndWait(job, 1);
  const [{ cursor } = { cursor: "" }] = await until(seen, () => true);
  const missed = (await first.enqueue(job, 2)).id;
  await first.result(missed);
  await first.stop();
  const between = await started(t, { storage: file, jobs });
  const dead = (await between.enqueue(failing, 3)).id;
  await refuses(between.result(dead), "ERR_ERGATE_RESULT_DEAD");
  await between.stop();
  const last = await started(t, { storage: file, jobs });
  const resumed = last.events({ since: cursor, types: ["completed", "dead"] });
  const found = await until(resumed, ({ id }) => id === dead);
  assert.deepEqual(
    found.map(({ id, type, remote }) => [id, type, remote]),
    [
      [missed, "completed", true],
      [dead, "dead", true],
    ],
  );
  const fresh = (await last.enqueue(job, 4)).id;
  const live = await until(resumed, ({ id }) => id === fresh);
  assert.deepEqual(
    live.map(({ id }) => id),
    [fresh],
  );
});

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: each subscriber goes on after its own cursor, and others hear nothing twice`,
    bounded,
    async (t) => {
      const runtime = await started(t, { storage: storage(t), jobs });
      const steady = runtime.events({ types: ["completed"] });
      const ids: string[] = [];
      for (let n = 0; n < 3; n++) ids.push((await runtime.enqueue(job, n)).id);
      for (const id of ids) await runtime.result(id);
      const live = await until(steady, ({ id }) => id === ids[2]);
      const since = live[0]?.cursor ?? "";
      const resumed = [1, 2].map(() => runtime.events({ since, types: ["completed"] }));
      const last = (await runtime.enqueue(job, 3)).id;
      for (const seen of resumed) {
        const found = await until(seen, ({ id }) => id === last);
        assert.deepEqual(
          found.map(({ id }) => id),
          [ids[1], ids[2], last],
        );
      }
      const more = await until(steady, ({ id }) => id === last);
      assert.deepEqual(
        more.map(({ id }) => id),
        [last],
      );
    },
  );
}

for (const ended of [1, 2 * limits.pageRows]) {
  test(
    `a new follower hears of another process, and of none of ${ended} ends before it`,
    bounded,
    async (t) => {
      const storage = newFile(t);
      const [mine, theirs] = [
        await started(t, { storage, jobs }),
        await made(t, { storage, jobs }),
      ];
      const all = Array.from({ length: ended }, () => ({ job, args: 1 }));
      for (let from = 0; from < ended; from += limits.pageRows) {
        await mine.enqueueMany(all.slice(from, from + limits.pageRows));
      }
      await mine.queues.drain();
      await mine.stop();
      await theirs.start();
      await theirs.enqueueAndWait(job, 2);
      const seen = theirs.events();
      const third = await made(t, { storage, jobs: [] });
      const { id } = await third.enqueue(job, 3, { delay: "1h" });
      const moves = await until(seen, (event) => event.remote && event.type === "scheduled");
      assert.deepEqual(
        moves.map((event) => event.id),
        [id],
      );
      await third.jobs.stop(id);
      const more = await until(seen, ({ type }) => type === "stopped");
      assert.deepEqual(
        more.map((event) => event.id),
        [id],
      );
    },
  );
}

test("a subscriber whose past can't be read hears of it", bounded, async () => {
  const place = encodeCursor(1, 1);
  const seen = events(sourcesOf(createHub()), { follow: () => () => undefined }, { since: place });
  await assert.rejects(seen.next(), /nothing is read here/);
});

test("options that are none are refused at once", bounded, async (t) => {
  const runtime = await made(t, { jobs });
  const types = ["done"] as unknown as ["dead"];
  await refuses(() => runtime.events({ types }), "ERR_ERGATE_OPTION", "types");
  await refuses(() => runtime.events({ since: "yesterday" }), "ERR_ERGATE_CURSOR", "since");
  await refuses(() => runtime.events({ typs: [] } as object), "ERR_ERGATE_OPTION", "typs");
});

test("its signal ends the events, also one that aborted before", bounded, async (t) => {
  const runtime = await made(t, { jobs });
  const controller = new AbortController();
  const seen = runtime.events({ signal: controller.signal });
  const waiting = [seen.next(), seen.next()];
  controller.abort();
  for (const next of waiting) assert.equal((await next).done, true);
  await runtime.enqueue(job, 1);
  assert.equal((await seen.next()).done, true);
  const none = runtime.events({ signal: controller.signal });
  for await (const event of none) assert.fail(event.type);
});

test("the runtime's stop ends the events", bounded, async (t) => {
  const runtime = await started(t, { jobs });
  const over = signal<number>();
  const loop = async () => {
    let count = 0;
    for await (const _event of runtime.events()) count++;
    over.resolve(count);
  };
  void loop();
  await runtime.enqueueAndWait(job, 1);
  await runtime.stop();
  assert.ok((await over.promise) >= 1);
});

test("calls of next that wait together each get an event, in their order", bounded, async (t) => {
  const runtime = await made(t, { jobs });
  const seen = runtime.events();
  const waiting = [seen.next(), seen.next(), seen.next()];
  const receipts = await runtime.enqueueMany([1, 2, 3].map((args) => ({ job, args })));
  const got = await Promise.all(waiting);
  assert.deepEqual(
    got.map(({ value }) => value?.id),
    receipts.map(({ id }) => id),
  );
});

test("leaving a for await releases the events", bounded, async () => {
  const hub = createHub();
  let followed = 0;
  const watch = {
    follow() {
      followed++;
      return () => void followed--;
    },
  };
  const controller = new AbortController();
  const seen = events(sourcesOf(hub), watch, { signal: controller.signal });
  assert.deepEqual([hub.active, followed], [true, 1]);
  hub.publish(eventOf("a"));
  for await (const { id } of seen) {
    assert.equal(id, "a");
    break;
  }
  assert.deepEqual([hub.active, followed], [false, 0]);
  assert.equal((await seen.next()).done, true);
  controller.abort();
  hub.close();
  assert.equal(followed, 0);
});

test("a subscriber that is too slow is told of the gap, and goes on", bounded, async (t) => {
  const runtime = await made(t, { jobs });
  const seen = runtime.events({ types: ["available"] });
  const many = Array.from({ length: limits.eventsPending + 7 }, () => ({ job, args: 0 }));
  const receipts = await runtime.enqueueMany(many);
  const moves = await until(seen, ({ type }) => type === "gap");
  assert.equal(moves.length, limits.eventsPending + 1);
  assert.equal(moves.at(-2)?.id, receipts[limits.eventsPending - 1]?.id);
  const { id } = await runtime.enqueue(job, 1);
  await until(seen, (event) => event.id === id);
});

test("a gap is told in the place of what is missing", bounded, async () => {
  const hub = createHub();
  const seen = events(sourcesOf(hub), { follow: () => () => undefined });
  for (let at = 0; at <= limits.eventsPending; at++) hub.publish(eventOf(String(at)));
  await seen.next();
  hub.publish(eventOf("after the gap"));
  const moves = await until(seen, ({ type }) => type === "gap");
  assert.equal(moves.at(-2)?.id, String(limits.eventsPending - 1));
  hub.publish(eventOf("news"));
  assert.equal((await seen.next()).value?.id, "news");
});

/** What events stand on where nothing is read. */
function sourcesOf(hub: Hub) {
  const read = () => Promise.reject(new Error("nothing is read here"));
  return { hub, clock: new VirtualClock(), read };
}

/** All events up to the first that is wanted, with it. */
async function until(
  seen: AsyncIterableIterator<JobEvent>,
  wanted: (event: JobEvent) => boolean,
): Promise<JobEvent[]> {
  const all: JobEvent[] = [];
  for (;;) {
    const { value, done } = await seen.next();
    assert.ok(!done, `the events ended after ${all.length}`);
    all.push(value);
    if (wanted(value)) return all;
  }
}

function eventOf(id: string): JobEvent {
  const job = { id, name: "job", queue: "job", attempt: 0, reason: undefined };
  return { type: "available", state: "available", at: 1, ...job, remote: false, cursor: "1-1" };
}
