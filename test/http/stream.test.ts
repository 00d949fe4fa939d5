import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { textStream } from "../../lib/http/stream.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";

/** Lets everything that is ready take its turn. */
const turns = () => new Promise<void>((resolve) => setImmediate(resolve));

function counting() {
  let pulls = 0;
  const cancelled: number[] = [];
  const source = {
    next: async () => `piece ${++pulls}\n`,
    cancel: () => void cancelled.push(pulls),
  };
  return { source, cancelled, pulls: () => pulls };
}

const textOf = ({ value }: { value?: Uint8Array | undefined }) =>
  Buffer.from(value ?? []).toString();

test("a slow reader's stream makes one piece ahead, and no more", async () => {
  const { source, cancelled, pulls } = counting();
  const reader = textStream(source, new VirtualClock()).getReader();
  await turns();
  assert.equal(pulls(), 1);
  assert.equal(textOf(await reader.read()), "piece 1\n");
  await turns();
  assert.equal(pulls(), 2);
  await reader.cancel();
  await turns();
  assert.deepEqual([pulls(), cancelled], [2, [2]]);
});

test("a silent stream of events gives a comment now and then, also to one who is slow", async () => {
  const clock = new VirtualClock();
  const reader = textStream({ next: () => new Promise(() => undefined), cancel() {} }, clock, {
    beats: true,
  }).getReader();
  await turns();
  for (let beat = 0; beat < 5; beat++) clock.advance(limits.httpEventBeatMs);
  assert.equal(textOf(await reader.read()), ":\n\n");
  let came = false;
  const second = reader.read().finally(() => {
    came = true;
  });
  await turns();
  assert.equal(came, false);
  clock.advance(limits.httpEventBeatMs);
  assert.equal(textOf(await second), ":\n\n");
  await reader.cancel();
});

test("who takes nothing of a stream for a minute is cut, and its source is told", async () => {
  const clock = new VirtualClock();
  const { source, cancelled } = counting();
  const reader = textStream(source, clock, { beats: true }).getReader();
  await turns();
  clock.advance(limits.httpStalledMs - 1);
  assert.equal(textOf(await reader.read()), "piece 1\n");
  await turns();
  clock.advance(limits.httpStalledMs - 1);
  assert.deepEqual(cancelled, []);
  clock.advance(1);
  await assert.rejects(reader.read(), /nobody reads/);
  assert.deepEqual([cancelled, clock.pending], [[2], 0]);
});
