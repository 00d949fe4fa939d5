import assert from "node:assert/strict";
import { test } from "node:test";
import { idMaker } from "../../lib/base/id.ts";
import { seededRandom } from "../../lib/base/random.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";

test("ids are ULIDs: 26 characters of Crockford's alphabet", () => {
  const newId = idMaker(new VirtualClock(), seededRandom(1));
  assert.match(newId(), /^[0-9A-HJKMNP-TV-Z]{26}$/);
});

test("ids sort in the order they were given out, even when the wall clock goes back", () => {
  const clock = new VirtualClock();
  const newId = idMaker(clock, seededRandom(1));
  const ids: string[] = [];
  for (let count = 0; count < 1_000; count++) {
    ids.push(newId());
    if (count % 10 === 0) clock.advance(1);
    if (count % 100 === 50) clock.jump(-60_000);
  }
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(ids).size, ids.length);
});

test("two makers with other randomness share no id", () => {
  const clock = new VirtualClock();
  assert.notEqual(idMaker(clock, seededRandom(1))(), idMaker(clock, seededRandom(2))());
});
