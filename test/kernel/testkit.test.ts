import assert from "node:assert/strict";
import { test } from "node:test";
import { testSystem, VirtualClock, virtualStartMs } from "../../lib/kernel/testkit.ts";
import { actorOf, type Note, note } from "./help.ts";

test("timers fire in order of time, ties in the order they were set", () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const at = (ms: number, name: string) =>
    clock.after(ms, () => void seen.push(`${name}@${clock.monotonic()}`));
  at(20, "late");
  at(10, "one");
  at(10, "two");
  at(31, "never");
  clock.advance(30);
  assert.deepEqual(seen, ["one@10", "two@10", "late@20"]);
  assert.equal(clock.monotonic(), 30);
  assert.equal(clock.untilNext(), 1);
});

test("a timer set by a timer fires in the same advance, at its own time", () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  clock.after(10, () => clock.after(10, () => void seen.push(clock.monotonic())));
  clock.advance(20);
  assert.deepEqual(seen, [20]);
});

test("a cancelled timer is gone", () => {
  const clock = new VirtualClock();
  const timer = clock.after(10, () => assert.fail("fired"));
  timer.cancel();
  timer.cancel();
  assert.equal(clock.pending, 0);
  assert.equal(clock.untilNext(), undefined);
  clock.advance(20);
});

test("skipped idle timers fire once, where a move ends; others at their own time", async () => {
  const clock = new VirtualClock(0, { skipIdle: true });
  const seen: string[] = [];
  const poll = () => {
    seen.push(`poll@${clock.now()}`);
    clock.after(10, poll, true);
    clock.after(0, () => void seen.push(`polled@${clock.now()}`));
  };
  clock.after(10, poll, true);
  clock.after(95, () => void seen.push(`due@${clock.now()}`));
  assert.equal(clock.untilNext(), 95);
  await clock.advanceAsync(100, async () => void seen.push("between"));
  const moved = ["between", "due@95", "between", "poll@100", "between", "polled@100", "between"];
  assert.deepEqual(seen, moved);
  await clock.advanceAsync(9, async () => undefined);
  assert.equal(seen.length, moved.length);
  const plain = new VirtualClock(0);
  plain.after(10, () => void seen.push("plain"), true);
  plain.advance(10);
  assert.equal(seen.at(-1), "plain");
});

test("the wall clock may jump; timers and durations don't", () => {
  const clock = new VirtualClock();
  assert.equal(clock.now(), virtualStartMs);
  let fired = false;
  clock.after(10, () => {
    fired = true;
  });
  clock.jump(-3_600_000);
  clock.advance(9);
  assert.equal(fired, false);
  assert.equal(clock.now(), virtualStartMs - 3_600_000 + 9);
  clock.advance(1);
  assert.equal(fired, true);
});

test("advance drains the actors between two timers", () => {
  const { system, clock, advance } = testSystem(1);
  const seen: number[] = [];
  system.spawn(
    "n",
    actorOf<Note>((ctx) => {
      ctx.after("tick", 10, note("tick"));
      return {
        receive(message) {
          seen.push(clock.monotonic());
          ctx.after("tick", 10, message);
        },
      };
    }),
  );
  advance(35);
  assert.deepEqual(seen, [10, 20, 30]);
});

test("advanceAsync gives promises their turn between two timers", async () => {
  const { system, clock, advanceAsync } = testSystem(1);
  const seen: number[] = [];
  system.spawn(
    "n",
    actorOf<Note>((ctx) => {
      ctx.after("tick", 10, note("tick"));
      return {
        receive(message) {
          if (message.text === "tick") {
            ctx.pipe(Promise.resolve("done"), note, () => note("failed"));
          } else {
            seen.push(clock.monotonic());
            ctx.after("tick", 10, note("tick"));
          }
        },
      };
    }),
  );
  await advanceAsync(35);
  assert.deepEqual(seen, [10, 20, 30]);
});

test("settle waits as long as the given hop brings more work", async () => {
  const seen: string[] = [];
  const hop = () => new Promise<void>((resolve) => setImmediate(resolve));
  const { system, settle } = testSystem(1, { hop });
  let rounds = 0;
  system.spawn(
    "n",
    actorOf<Note>((ctx) => {
      const next = () => ctx.pipe(Promise.resolve("step"), note, () => note("failed"));
      next();
      return {
        receive(message) {
          seen.push(message.text);
          if (++rounds < 5) next();
        },
      };
    }),
  );
  await settle();
  assert.equal(seen.length, 5);
});
