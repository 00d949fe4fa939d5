import assert from "node:assert/strict";
import { test } from "node:test";
import { soon } from "../../lib/base/clock.ts";
import { limits } from "../../lib/base/limits.ts";
import { EventPace } from "../../lib/http/v2/event-pace.ts";
import { EventSource } from "../../lib/http/v2/event-source.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import type { JobEvent } from "../../lib/protocol/event.ts";
import { bounded } from "../actors/kit.ts";

/** Events by hand: `happen` tells whoever follows. */
class Events implements AsyncIterableIterator<JobEvent> {
  taken = 0;
  readonly #waiting: JobEvent[] = [];
  #wake: (() => void) | undefined;
  #over = false;

  happen(...ids: string[]): void {
    this.give(...ids.map(eventOf));
  }

  give(...events: JobEvent[]): void {
    this.#waiting.push(...events);
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<JobEvent>> {
    while (!this.#over && this.#waiting.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const value = this.#waiting.shift();
    if (value === undefined) return { done: true, value };
    this.taken++;
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<JobEvent>> {
    this.#over = true;
    this.#wake?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function eventOf(id: string): JobEvent {
  const move = { state: "available", attempt: 0, reason: undefined, remote: false } as const;
  return { type: "available", at: 0, id, name: "a", queue: "a", ...move, cursor: `c${id}` };
}

function followed(pace = new EventPace()) {
  const [events, clock] = [new Events(), new VirtualClock()];
  const { signal } = new AbortController();
  const source = new EventSource({ iterator: events, from: "c0", signal, clock, pace });
  const reader = new ReadableStream(source, { highWaterMark: 1 }).getReader();
  const bytes = async () => (await reader.read()).value;
  const ids = async () => idsIn(await bytes());
  return { events, clock, pace, reader, bytes, ids };
}

function idsIn(bytes: Uint8Array | undefined): string[] {
  return [
    ...Buffer.from(bytes ?? [])
      .toString()
      .matchAll(/^id: c(.*)$/gm),
  ].map(([, id]) => id ?? "");
}

async function turns(count: number): Promise<void> {
  for (; count > 0; count--) await new Promise<void>((resolve) => soon(resolve));
}

test("what happens in one turn goes to a follower as one piece", bounded, async () => {
  const { events, ids } = followed();
  assert.deepEqual(await ids(), ["0"]);
  events.happen("1", "2");
  events.happen("3");
  assert.deepEqual(await ids(), ["1", "2", "3"]);
  events.happen("4");
  assert.deepEqual(await ids(), ["4"]);
});

test("where many follow, events wait for the next round, and come in order", bounded, async () => {
  const { events, clock, ids, pace } = followed();
  pace.followers = 10_000;
  await ids();
  events.happen("1");
  assert.deepEqual(await ids(), ["1"]);
  events.happen("2");
  const second = ids();
  await turns(3);
  events.happen("3");
  await turns(3);
  assert.equal(clock.untilNext(), limits.httpEventPaceMs);
  clock.advance(limits.httpEventPaceMs);
  assert.deepEqual(await second, ["2", "3"]);
});

test("followers of the same events get the same bytes, made once", bounded, async () => {
  const pace = new EventPace();
  const [one, other] = [followed(pace), followed(pace)];
  await Promise.all([one.ids(), other.ids()]);
  const [first, second] = ["1", "2"].map(eventOf) as [JobEvent, JobEvent];
  one.events.give(first, second);
  other.events.give(first, second);
  const pieces = await Promise.all([one.bytes(), other.bytes()]);
  assert.deepEqual(idsIn(pieces[0]), ["1", "2"]);
  assert.equal(pieces[0], pieces[1]);
});

test("a client that does not read leaves what comes in its bounded buffer", bounded, async () => {
  const { events, ids } = followed();
  const count = limits.httpEventsGathered * 3;
  events.happen(...Array.from({ length: count }, (_, at) => String(at + 1)));
  await turns(5);
  assert.ok(events.taken <= limits.httpEventsGathered, `it took ${events.taken}`);
  const got: string[] = [];
  while (got.length <= count) got.push(...(await ids()));
  assert.deepEqual(
    got,
    Array.from({ length: count + 1 }, (_, at) => String(at)),
  );
});

test(
  "a stream's end tells what was gathered, and no follower is counted any more",
  bounded,
  async () => {
    const { events, reader, ids, pace } = followed();
    assert.equal(pace.followers, 1);
    await ids();
    events.happen("1");
    void events.return();
    assert.deepEqual(await ids(), ["1"]);
    assert.equal((await reader.read()).done, true);
    assert.equal(pace.followers, 0);
    const left = followed(pace);
    await left.reader.cancel();
    assert.equal(pace.followers, 0);
  },
);
