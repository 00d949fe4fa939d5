import assert from "node:assert/strict";
import { test } from "node:test";
import type { Links } from "../../actors/links.ts";
import { Notes } from "../../actors/notes.ts";
import { limits } from "../../lib/base/limits.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import type { RunNote } from "../../lib/protocol/write.ts";

/** Notes on a clock that stands still, and what of them is on its way to the store. */
function kit() {
  const clock = new VirtualClock();
  const written: RunNote[] = [];
  let room = true;
  const queue = {
    tell(message: { type: string; notes: readonly RunNote[] }) {
      assert.equal(message.type, "note");
      if (room) written.push(...message.notes);
      return room;
    },
  };
  const links = { queue } as unknown as Links;
  const setRoom = (given: boolean) => {
    room = given;
  };
  return { clock, written, notes: new Notes(clock, links), setRoom };
}

const progressOf = (written: readonly RunNote[]) => written.map(({ progress }) => progress);

test("a run's first note is written at once, others once a second, and the last one always", () => {
  const { clock, written, notes } = kit();
  for (let at = 0; at < 1_000; at++) notes.note(1, 7, at / 1_000, undefined);
  assert.deepEqual(progressOf(written), [0]);
  clock.advance(limits.checkInMs - 1);
  assert.equal(written.length, 1);
  clock.advance(1);
  assert.deepEqual(progressOf(written), [0, 0.999]);
  notes.note(1, 7, 1, "all");
  assert.equal(written.length, 2);
  notes.end(1);
  assert.deepEqual(written[2], { seq: 1, fence: 7, progress: 1, checkIn: "all", at: clock.now() });
  clock.advance(10 * limits.checkInMs);
  assert.equal(written.length, 3);
});

test("a run that began to speak later is written once a second too", () => {
  const { clock, written, notes } = kit();
  notes.note(1, 7, 0, undefined);
  notes.note(1, 7, 0.1, undefined);
  clock.advance(600);
  notes.note(2, 8, 0, undefined);
  notes.note(2, 8, 0.2, undefined);
  clock.advance(400);
  assert.deepEqual(progressOf(written), [0, 0, 0.1]);
  clock.advance(599);
  assert.equal(written.length, 3);
  clock.advance(1);
  assert.deepEqual(progressOf(written), [0, 0, 0.1, 0.2]);
});

test("only what is new is written, a text with when it was said", () => {
  const { clock, written, notes } = kit();
  notes.note(1, 7, 0.5, "half");
  const at = clock.now();
  clock.advance(5);
  notes.note(1, 7, undefined, "more than half");
  clock.advance(5);
  notes.note(1, 7, 0.6, undefined);
  notes.end(1);
  assert.deepEqual(written, [
    { seq: 1, fence: 7, progress: 0.5, checkIn: "half", at },
    { seq: 1, fence: 7, progress: 0.6, checkIn: "more than half", at: at + 5 },
  ]);
});

test("a run that says nothing, or nothing new, writes nothing", () => {
  const { clock, written, notes } = kit();
  notes.end(1);
  notes.note(2, 7, 0.5, undefined);
  clock.advance(5 * limits.checkInMs);
  notes.end(2);
  assert.equal(written.length, 1);
});

test("a later run of the same job begins anew", () => {
  const { written, notes } = kit();
  notes.note(1, 7, 0.9, "old");
  notes.note(1, 8, 0.1, undefined);
  assert.deepEqual(written.at(-1), { seq: 1, fence: 8, progress: 0.1, checkIn: undefined, at: 0 });
});

test("a note that the store's queue had no room for goes with the next one", () => {
  const { written, notes, setRoom } = kit();
  setRoom(false);
  notes.note(1, 7, 0.1, undefined);
  assert.equal(written.length, 0);
  setRoom(true);
  notes.end(1);
  assert.deepEqual(progressOf(written), [0.1]);
});
