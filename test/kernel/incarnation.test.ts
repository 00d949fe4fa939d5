import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "../../lib/kernel/actor.ts";
import { testSystem } from "../../lib/kernel/testkit.ts";
import { actorOf, boom, family, lines, type Note, note, noter } from "./help.ts";

test("a crash keeps the ref and the mailbox and drops only the poison message", () => {
  const { trace, seen: dead } = lines(["dead"]);
  const kit = testSystem(1, { trace });
  const seen: string[] = [];
  const ref = family(kit, noter(seen));
  for (const message of [note("a"), boom, note("b"), note("c")]) ref.tell(message);
  kit.drain();
  assert.deepEqual(seen, ["a", "b", "c"]);
  assert.deepEqual(dead, ["dead parent/child throw poison"]);
  assert.equal(kit.system.actors()[1]?.restarts, 1);
  assert.equal(kit.system.deadLetters().poison, 1);
});

test("a restart runs setup again: state is fresh", () => {
  const kit = testSystem(1);
  const seen: number[] = [];
  const counter = actorOf<Note>(() => {
    let count = 0;
    return {
      receive(message) {
        if (message.type === "throw") throw new Error("boom");
        seen.push(++count);
      },
    };
  });
  const ref = family(kit, counter);
  for (const message of [note("a"), note("b"), boom, note("c")]) ref.tell(message);
  kit.drain();
  assert.deepEqual(seen, [1, 2, 1]);
});

test("stopping runs before a restart, and a crash skips the batch's flush", () => {
  const kit = testSystem(1);
  const seen: string[] = [];
  const behavior = {
    flush: () => void seen.push("flush"),
    stopping: () => void seen.push("stopping"),
  };
  const ref = family(kit, noter(seen, { behavior }));
  for (const message of [note("a"), boom, note("b")]) ref.tell(message);
  kit.drain();
  assert.deepEqual(seen, ["a", "stopping", "b", "flush"]);
});

test("a throw in flush is a crash without a dead letter", () => {
  const { trace, seen: events } = lines(["crashed", "dead"]);
  const kit = testSystem(1, { trace });
  const seen: string[] = [];
  let flushes = 0;
  const flush = () => {
    if (flushes++ === 0) throw new Error("no commit");
  };
  const ref = family(kit, noter(seen, { behavior: { flush } }));
  ref.tell(note("a"));
  kit.drain();
  ref.tell(note("b"));
  kit.drain();
  assert.deepEqual(seen, ["a", "b"]);
  assert.deepEqual(events, ["crashed parent/child no commit"]);
});

test("a returned promise is a crash, and its rejection is handled", () => {
  const { trace, seen: crashes } = lines(["crashed"]);
  const kit = testSystem(1, { trace });
  const behavior = { receive: async () => Promise.reject(new Error("lost")) };
  const ref = family(kit, noter([], { behavior }));
  ref.tell(note("a"));
  kit.drain();
  assert.equal(crashes.length, 1);
  assert.match(crashes[0] ?? "", /receive returned a promise/);
});

test("timers, pipes and watches die with their incarnation", async () => {
  const kit = testSystem(1);
  const seen: string[] = [];
  const target = kit.system.spawn("target", noter([]));
  let release = (_: string) => {};
  const work = new Promise<string>((resolve) => {
    release = resolve;
  });
  let starts = 0;
  const child = actorOf<Note>((ctx) => {
    if (starts++ === 0) {
      ctx.after("t", 10, note("timer"));
      ctx.pipe(work, note, () => note("failed"));
      ctx.watch(target, () => note("down"));
    }
    return {
      receive(message) {
        if (message.type === "throw") throw new Error("boom");
        seen.push(message.text);
      },
    };
  });
  const ref = family(kit, child);
  ref.tell(boom);
  kit.drain();
  assert.equal(kit.clock.pending, 0);
  release("piped");
  target.tell(boom);
  await kit.advanceAsync(100);
  assert.equal(starts, 2);
  assert.deepEqual(seen, []);
});

test("results that arrived before the crash go with their incarnation too", async () => {
  const kit = testSystem(1);
  const seen: string[] = [];
  let starts = 0;
  const child = actorOf<Note>((ctx) => {
    if (starts++ === 0) {
      for (const text of ["poison", "stale"]) {
        ctx.pipe(Promise.resolve(text), note, () => note("failed"));
      }
    }
    return {
      receive({ text }) {
        if (text === "poison") throw new Error("boom");
        seen.push(text);
      },
    };
  });
  family(kit, child);
  // Both results are owed before the actor has its turn.
  await new Promise<void>((resolve) => setImmediate(resolve));
  await kit.settle();
  assert.equal(starts, 2);
  assert.deepEqual(seen, []);
});

test("a context kept from an older incarnation does nothing", () => {
  const kit = testSystem(1);
  const contexts: Context<Note>[] = [];
  const seen: string[] = [];
  const child = actorOf<Note>((ctx) => {
    contexts.push(ctx);
    ctx.after("mine", 10, note("mine"));
    return {
      receive(message) {
        if (message.type === "throw") throw new Error("boom");
        seen.push(message.text);
      },
    };
  });
  family(kit, child).tell(boom);
  kit.drain();
  const [old] = contexts;
  old?.after("t", 1, note("timer"));
  old?.cancel("mine");
  old?.pipe(Promise.resolve(""), note, () => note(""));
  old?.stop();
  assert.throws(() => old?.spawn("late", noter([])), /after that incarnation's end/);
  kit.advance(100);
  assert.deepEqual(seen, ["mine"]);
  assert.equal(kit.system.actors()[1]?.restarts, 1);
  assert.deepEqual(
    kit.system.actors().map(({ path }) => path),
    ["parent", "parent/child"],
  );
});

test("ctx.stop flushes, ends, and what waited becomes dead letters", () => {
  const { trace, seen: dead } = lines(["dead", "ended"]);
  const { system, drain } = testSystem(1, { trace });
  const seen: string[] = [];
  const ref = system.spawn(
    "n",
    actorOf<Note>((ctx) => ({
      receive(message) {
        seen.push(message.text);
        ctx.stop();
      },
      flush: () => void seen.push("flush"),
      stopping: () => void seen.push("stopping"),
    })),
  );
  ref.tell(note("a"));
  ref.tell(note("b"));
  drain();
  assert.deepEqual(seen, ["a", "flush", "stopping"]);
  assert.deepEqual(dead, ["dead n note stopped", "ended n stopped"]);
  assert.equal(ref.tell(note("c")), false);
  assert.deepEqual(system.actors(), []);
});
