import assert from "node:assert/strict";
import { test } from "node:test";
import type { Down } from "../../lib/kernel/ref.ts";
import { testSystem } from "../../lib/kernel/testkit.ts";
import { actorOf, boom, family, lines, type Note, note, noter } from "./help.ts";

test("a timer delivers once; the same key replaces; cancel takes back", () => {
  const { system, clock, advance } = testSystem(1);
  const seen: string[] = [];
  system.spawn(
    "n",
    actorOf<Note>((ctx) => {
      ctx.after("one", 10, note("replaced"));
      ctx.after("one", 20, note("one"));
      ctx.after("two", 10, note("cancelled"));
      ctx.cancel("two");
      ctx.after("three", 15, note("three"));
      return { receive: (message) => void seen.push(`${message.text} ${ctx.now() % 1_000}`) };
    }),
  );
  assert.equal(clock.pending, 2);
  advance(1_000);
  assert.deepEqual(seen, ["three 15", "one 20"]);
});

test("a timer that fired and was not yet received can still be cancelled or replaced", () => {
  const { system, clock, drain, advance } = testSystem(1);
  const seen: string[] = [];
  system.spawn(
    "n",
    actorOf<Note>((ctx) => {
      ctx.after("first", 5, note("first"));
      ctx.after("gone", 5, note("gone"));
      ctx.after("again", 5, note("early"));
      return {
        receive(message) {
          seen.push(message.text);
          if (message.text !== "first") return;
          ctx.cancel("gone");
          ctx.after("again", 5, note("later"));
        },
      };
    }),
  );
  clock.advance(5);
  drain();
  assert.deepEqual(seen, ["first"]);
  advance(5);
  assert.deepEqual(seen, ["first", "later"]);
});

test("pipe brings back results and failures", async () => {
  const { system, settle } = testSystem(1);
  const seen: string[] = [];
  system.spawn(
    "n",
    actorOf<Note>((ctx) => {
      ctx.pipe(Promise.resolve("ok"), note, () => note(""));
      ctx.pipe(Promise.reject(new Error("bad")), note, (error) => note(String(error)));
      return { receive: (message) => void seen.push(message.text) };
    }),
  );
  await settle();
  assert.deepEqual(seen, ["ok", "Error: bad"]);
});

test("a throw in a pipe's mapping is a crash that blames no other message", async () => {
  const { trace, seen: events } = lines(["crashed", "dead"]);
  const kit = testSystem(1, { trace });
  const child = actorOf<Note>((ctx) => ({
    receive() {
      const bad = () => {
        throw new Error("bad mapping");
      };
      ctx.pipe(Promise.resolve(1), bad, bad);
    },
  }));
  family(kit, child).tell(note("a"));
  await kit.settle();
  assert.deepEqual(events, ["crashed parent/child bad mapping"]);
});

test("a restart is no end: watchers hear only of the end, and why", () => {
  const kit = testSystem(1);
  const seen: string[] = [];
  const ref = family(kit, noter([]), "temporary", seen);
  ref.tell(boom);
  kit.drain();
  assert.deepEqual(seen, ["parent/child failed"]);
  const other = testSystem(1);
  const calm: string[] = [];
  family(other, noter([]), "permanent", calm).tell(boom);
  other.drain();
  assert.deepEqual(calm, []);
});

test("watching an actor that has ended tells at once, with its error", () => {
  const { system, drain } = testSystem(1);
  const target = system.spawn("target", noter([]));
  target.tell(boom);
  drain();
  const downs: Down[] = [];
  system.spawn(
    "watcher",
    actorOf<{ type: "down"; down: Down }>((ctx) => {
      ctx.watch(target, (down) => ({ type: "down", down }));
      return { receive: ({ down }) => void downs.push(down) };
    }),
  );
  drain();
  assert.equal(downs.length, 1);
  assert.equal(downs[0]?.reason, "failed");
  assert.match(String(downs[0]?.error), /boom/);
});
