import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "../../lib/kernel/ref.ts";
import { toRestart } from "../../lib/kernel/supervise.ts";
import { actorOf, boom, fifoSystem, type Note, note } from "./help.ts";
import { abc, kid, rule, tree } from "./tree.ts";

test("children start left to right", () => {
  assert.equal(tree(rule({}), abc).take(), "+a +b +c");
});

test("one_for_one restarts the crashed child alone", () => {
  const { take, tell, drain } = tree(rule({}), abc);
  take();
  tell("b", boom);
  drain();
  assert.equal(take(), "-b +b");
});

test("rest_for_one restarts it and those after it, stopped right to left", () => {
  const { take, tell, drain } = tree(rule({ strategy: "rest_for_one" }), abc);
  take();
  tell("b", boom);
  drain();
  assert.equal(take(), "-b -c +b +c");
});

test("one_for_all restarts all, and mailboxes survive in all", () => {
  const { take, tell, drain } = tree(rule({ strategy: "one_for_all", backoffMs: 10 }), abc);
  take();
  tell("b", boom);
  drain();
  assert.equal(take(), "-b -c -a");
  tell("a", note("waited"));
  drain();
  assert.equal(take(), "");
});

test("a message waiting in a sibling survives its restart", () => {
  const { take, tell, advance } = tree(rule({ strategy: "one_for_all", backoffMs: 10 }), abc);
  take();
  tell("b", boom);
  // Told, and queued to run, before the root decides.
  for (let count = 0; count < 65; count++) tell("c", note("c"));
  tell("a", note("a"));
  advance(100);
  const seen = take().split(" ");
  assert.equal(seen.filter((text) => text === "c").length, 65);
  assert.equal(seen.at(-1), "c");
});

test("siblings that crash together are restarted once", () => {
  const { take, tell, drain } = tree(rule({ strategy: "one_for_all" }), abc);
  take();
  tell("a", boom);
  tell("b", boom);
  drain();
  assert.equal(take(), "-a -b -c +a +b +c");
});

test("a crash on the left takes over the restart of those waiting on the right", () => {
  const children = rule({ strategy: "rest_for_one", backoffMs: 10 });
  const { take, tell, drain, advance } = tree(children, abc);
  take();
  tell("c", boom);
  advance(5);
  tell("a", boom);
  drain();
  assert.equal(take(), "-c -a -b");
  advance(19);
  assert.equal(take(), "");
  advance(1);
  assert.equal(take(), "+a +b +c");
});

test("a restart that fails at its first child starts none after it", () => {
  const { system, drain } = fifoSystem();
  const seen: string[] = [];
  let starts = 0;
  const first = actorOf<Note>(() => {
    if (++starts === 2) throw new Error("not yet");
    seen.push("+first");
    return {
      receive() {
        throw new Error("boom");
      },
    };
  });
  let ref: Ref<Note> | undefined;
  system.spawn(
    "root",
    actorOf<Note>(
      (ctx) => {
        ref = ctx.spawn("first", first);
        ctx.spawn("second", kid("second", seen));
        return { receive: () => {} };
      },
      { children: rule({ strategy: "rest_for_one" }) },
    ),
  );
  ref?.tell(boom);
  drain();
  assert.deepEqual(seen, ["+first", "+second", "-second", "+first", "+second"]);
});

test("a temporary child is never restarted, and counts for no intensity", () => {
  const { take, tell, drain, system } = tree(rule({ restarts: 0 }), [
    { name: "a", restart: "temporary" },
  ]);
  take();
  tell("a", boom);
  drain();
  assert.equal(take(), "-a");
  assert.equal(system.actors().length, 1);
});

test("a temporary sibling of a restarted child ends for good", () => {
  const { take, tell, drain } = tree(rule({ strategy: "one_for_all" }), [
    { name: "a" },
    { name: "b", restart: "temporary" },
  ]);
  take();
  tell("a", boom);
  drain();
  assert.equal(take(), "-a -b +a");
});

test("a transient child is restarted after a crash and not after a stop", () => {
  const { take, tell, drain } = tree(rule({}), [{ name: "a", restart: "transient" }]);
  take();
  tell("a", boom);
  drain();
  assert.equal(take(), "-a +a");
  tell("a", note("stop"));
  drain();
  assert.equal(take(), "stop -a");
});

test("a permanent child is restarted after a stop too", () => {
  const { take, tell, drain } = tree(rule({}), [{ name: "a" }]);
  take();
  tell("a", note("stop"));
  drain();
  assert.equal(take(), "stop -a +a");
});

test("toRestart names whom each strategy restarts", () => {
  const all = ["a", "b", "c"];
  assert.deepEqual(toRestart("one_for_one", all, "b"), ["b"]);
  assert.deepEqual(toRestart("rest_for_one", all, "b"), ["b", "c"]);
  assert.deepEqual(toRestart("one_for_all", all, "b"), ["a", "b", "c"]);
});
