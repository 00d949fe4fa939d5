import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, systemClock } from "../../lib/base/clock.ts";
import type { Ref } from "../../lib/kernel/ref.ts";
import { System } from "../../lib/kernel/system.ts";
import { testSystem, VirtualClock } from "../../lib/kernel/testkit.ts";
import { actorOf, fifoSystem, lines, type Note, note, noter, roomy } from "./help.ts";

/** Two actors that send one message to and fro for ever; `onTurn` runs at each. */
function pingPong(system: System, onTurn: () => void = () => {}): void {
  const player = (other: () => Ref<Note>) =>
    actorOf<Note>(() => ({
      receive(message) {
        onTurn();
        other().tell(message);
      },
    }));
  const left: Ref<Note> = system.spawn(
    "left",
    player(() => right),
  );
  const right: Ref<Note> = system.spawn(
    "right",
    player(() => left),
  );
  left.tell(note("ball"));
}

test("an endless ping-pong does not keep a timer waiting", async () => {
  const system = new System({ clock: systemClock, dispatch: setImmediate });
  let balls = 0;
  pingPong(system, () => balls++);
  // Without a turn's end no timer fires, and the test never ends.
  for (let timer = 0; timer < 3; timer++) {
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
  }
  await system.close(100);
  assert.ok(balls > 100, `${balls} balls`);
});

test("a turn ends after 1 ms by the clock, and the loop's turn comes before the next", () => {
  let elapsed = 0;
  const clock: Clock = { ...systemClock, monotonic: () => elapsed };
  const turns: (() => void)[] = [];
  const system = new System({ clock, dispatch: (turn) => void turns.push(turn) });
  let balls = 0;
  pingPong(system, () => {
    balls++;
    elapsed += 0.25;
  });
  turns.shift()?.();
  assert.equal(balls, 4);
  assert.equal(turns.length, 1);
  turns.shift()?.();
  assert.equal(balls, 8);
});

test("an idle system dispatches nothing", () => {
  const turns: (() => void)[] = [];
  const system = new System({
    clock: new VirtualClock(),
    dispatch: (turn) => void turns.push(turn),
  });
  const ref = system.spawn("n", noter([]));
  turns.shift()?.();
  assert.equal(turns.length, 0);
  ref.tell(note("a"));
  ref.tell(note("b"));
  assert.equal(turns.length, 1);
  turns.shift()?.();
  assert.equal(turns.length, 0);
});

test("one busy actor shares turns with the others, a batch each", () => {
  const { trace, seen } = lines(["drained"]);
  const { system, drain } = fifoSystem(trace);
  const busy = system.spawn("busy", noter([], { mailbox: { ...roomy, batch: 2 } }));
  const calm = system.spawn("calm", noter([]));
  drain();
  for (let count = 0; count < 4; count++) busy.tell(note("a"));
  calm.tell(note("a"));
  drain();
  assert.deepEqual(seen, ["drained busy 2", "drained calm 1", "drained busy 2"]);
});

/** Six actors pass tokens at random for some virtual seconds; the order of events is the history. */
function history(seed: number): string {
  const { trace, seen } = lines(["received", "drained", "crashed", "restarted"]);
  const { system, advance } = testSystem(seed, { trace });
  const refs: Ref<Note>[] = [];
  const player = (at: number) =>
    actorOf<Note>(
      (ctx) => {
        ctx.after("kick", 100 * (at + 1), note("kick"));
        return {
          receive({ text }) {
            if (text.length > 12) return;
            refs[(at * 5 + text.length) % 6]?.tell(note(`${text}x`));
          },
        };
      },
      { mailbox: { capacity: 4, overflow: "dropOldest", batch: 2 } },
    );
  for (let at = 0; at < 6; at++) refs.push(system.spawn(`p${at}`, player(at)));
  for (const ref of refs) ref.tell(note("a"));
  for (let at = 0; at < 50; at++) refs[at % 6]?.tell(note("b"));
  advance(1_000);
  return seen.join("\n");
}

test("the same seed gives the same history, another seed another one", () => {
  const histories = [1, 2, 3, 4].map(history);
  assert.deepEqual([1, 2, 3, 4].map(history), histories);
  assert.equal(new Set(histories).size, 4);
});

test("a ref of another system can't be watched", () => {
  const one = testSystem(1).system;
  const other = testSystem(1).system.spawn("n", noter([]));
  one.spawn(
    "watcher",
    actorOf<Note>((ctx) => {
      assert.throws(() => ctx.watch(other, () => note("down")), /no actor of this system/);
      return { receive: () => {} };
    }),
  );
});

test("a mailbox needs room", () => {
  const { system } = testSystem(1);
  const mailbox = { ...roomy, capacity: 0 };
  assert.throws(() => system.spawn("n", noter([], { mailbox })), RangeError);
});
