import assert from "node:assert/strict";
import { test } from "node:test";
import { testSystem } from "../../lib/kernel/testkit.ts";
import { actorOf, lines, type Note, note, noter } from "./help.ts";

test("messages of one sender arrive in the order they were sent", () => {
  const { system, drain } = testSystem(1);
  const seen: string[] = [];
  const ref = system.spawn("noter", noter(seen));
  const sent = Array.from({ length: 300 }, (_, at) => `${at}`);
  for (const text of sent) ref.tell(note(text));
  drain();
  assert.deepEqual(seen, sent);
});

test("tell never runs the receiver in the sender's stack", () => {
  const { system, drain } = testSystem(1);
  const seen: string[] = [];
  system.spawn("noter", noter(seen)).tell(note("a"));
  assert.deepEqual(seen, []);
  drain();
  assert.deepEqual(seen, ["a"]);
});

test("a full mailbox that rejects says false and keeps what it has", () => {
  const { trace, seen: dead } = lines(["dead"]);
  const { system, drain } = testSystem(1, { trace });
  const seen: string[] = [];
  const ref = system.spawn("n", noter(seen, { mailbox: { capacity: 2, overflow: "reject" } }));
  assert.deepEqual(
    ["a", "b", "c"].map((text) => ref.tell(note(text))),
    [true, true, false],
  );
  drain();
  assert.deepEqual(seen, ["a", "b"]);
  assert.deepEqual(dead, ["dead n note full"]);
  assert.equal(ref.tell(note("d")), true);
});

test("a full mailbox that drops its oldest takes the newest and counts the loss", () => {
  const { system, drain } = testSystem(1);
  const seen: string[] = [];
  const ref = system.spawn("n", noter(seen, { mailbox: { capacity: 2, overflow: "dropOldest" } }));
  assert.deepEqual(
    ["a", "b", "c"].map((text) => ref.tell(note(text))),
    [true, true, true],
  );
  drain();
  assert.deepEqual(seen, ["b", "c"]);
  assert.deepEqual(system.deadLetters(), { full: 0, dropped: 1, stopped: 0, poison: 0 });
  assert.equal(system.actors()[0]?.dead, 1);
});

test("flush runs once after each batch", () => {
  const { system, drain } = testSystem(1);
  const seen: string[] = [];
  const flush = () => void seen.push("|");
  const mailbox = { capacity: 10, overflow: "reject", batch: 2 } as const;
  const ref = system.spawn("n", noter(seen, { mailbox, behavior: { flush } }));
  for (const text of ["a", "b", "c", "d", "e"]) ref.tell(note(text));
  drain();
  assert.equal(seen.join(""), "ab|cd|e|");
});

test("a batch ends after 64 messages by default", () => {
  const { trace, seen } = lines(["drained"]);
  const { system, drain } = testSystem(1, { trace });
  const ref = system.spawn("n", noter([]));
  for (let count = 0; count < 100; count++) ref.tell(note("a"));
  drain();
  assert.deepEqual(seen, ["drained n 64", "drained n 36"]);
});

test("what an actor tells itself in flush comes in its next batch", () => {
  const { system, drain } = testSystem(1);
  const seen: string[] = [];
  const ref = system.spawn(
    "n",
    actorOf<Note>((ctx) => ({
      receive: (message) => void seen.push(message.text),
      flush() {
        seen.push("|");
        if (seen.length < 4) ctx.self.tell(note("again"));
      },
    })),
  );
  ref.tell(note("a"));
  drain();
  assert.deepEqual(seen, ["a", "|", "again", "|"]);
});

test("what is owed comes first, even into a full mailbox, and is flushed", () => {
  const { system, clock, drain } = testSystem(1);
  const seen: string[] = [];
  const ref = system.spawn(
    "n",
    actorOf<Note>(
      (ctx) => {
        ctx.after("wake", 10, note("timer"));
        return {
          receive: (message) => void seen.push(message.text),
          flush: () => void seen.push("|"),
        };
      },
      { mailbox: { capacity: 2, overflow: "reject" } },
    ),
  );
  ref.tell(note("a"));
  ref.tell(note("b"));
  assert.equal(ref.tell(note("c")), false);
  // The bare clock: the timer fires before the actor had its turn.
  clock.advance(10);
  drain();
  assert.deepEqual(seen, ["timer", "a", "b", "|"]);
});

test("flush also follows a batch of nothing but what is owed", () => {
  const { system, advance } = testSystem(1);
  const seen: string[] = [];
  system.spawn(
    "n",
    actorOf<Note>((ctx) => {
      ctx.after("wake", 10, note("timer"));
      return {
        receive: (message) => void seen.push(message.text),
        flush: () => void seen.push("|"),
      };
    }),
  );
  advance(10);
  assert.deepEqual(seen, ["timer", "|"]);
});

test("the tree shows paths, depths and capacities", () => {
  const { system, drain } = testSystem(1);
  const root = system.spawn(
    "root",
    actorOf<Note>((ctx) => {
      const child = ctx.spawn("child", noter([], { mailbox: { capacity: 7, overflow: "reject" } }));
      return { receive: (message) => void child.tell(message) };
    }),
  );
  root.tell(note("a"));
  const views = system.actors().map(({ path, depth, capacity, state }) => ({
    path,
    depth,
    capacity,
    state,
  }));
  assert.deepEqual(views, [
    { path: "root", depth: 1, capacity: 1_000, state: "running" },
    { path: "root/child", depth: 0, capacity: 7, state: "running" },
  ]);
  drain();
  assert.equal(system.actors()[0]?.depth, 0);
});
