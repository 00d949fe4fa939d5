import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErgateError } from "../../lib/base/error.ts";
import type { Ref } from "../../lib/kernel/ref.ts";
import { judge } from "../../lib/kernel/supervise.ts";
import { testSystem } from "../../lib/kernel/testkit.ts";
import { actorOf, boom, type Note, note } from "./help.ts";
import { abc, kid, rule, tree } from "./tree.ts";

test("after the back-off, what was told meanwhile is received", () => {
  const { take, tell, drain, advance } = tree(rule({ backoffMs: 10 }), abc);
  take();
  tell("b", boom);
  drain();
  tell("b", note("waited"));
  advance(9);
  assert.equal(take(), "-b");
  advance(1);
  assert.equal(take(), "+b waited");
});

test("the back-off doubles with each restart in the window", () => {
  const { tell, advance, events } = tree(rule({ backoffMs: 10 }), abc);
  for (let round = 0; round < 3; round++) {
    tell("b", boom);
    advance(100);
  }
  assert.deepEqual(events, [
    "restarted root/b 1 10",
    "restarted root/b 2 20",
    "restarted root/b 3 40",
  ]);
});

test("a fourth crash within the window is too many: the root ends and the system fails", async () => {
  const { take, tell, drain, system } = tree(rule({}), abc);
  take();
  for (let crash = 0; crash < 4; crash++) {
    tell("a", boom);
    drain();
  }
  assert.equal(take(), "-a +a -a +a -a +a -a -c -b");
  await assert.rejects(system.failed, (error: ErgateError) => {
    assert.equal(error.code, "ERR_ERGATE_ACTOR_FAILED");
    assert.match(error.message, /root\/a failed again after 3 restarts in 5000 ms: a broke/);
    return true;
  });
  assert.deepEqual(system.actors(), []);
});

test("crashes further apart than the window never add up", () => {
  const { tell, advance, system } = tree(rule({}), abc);
  for (let crash = 0; crash < 20; crash++) {
    tell("a", boom);
    advance(2_000);
  }
  assert.equal(system.actors()[1]?.restarts, 20);
});

test("a child whose setup always throws uses up the intensity, not the stack", async () => {
  const { system, drain } = testSystem(1);
  let starts = 0;
  const broken = actorOf<Note>(() => {
    starts++;
    throw new Error("no start");
  });
  const root = actorOf<Note>((ctx) => {
    ctx.spawn("broken", broken);
    return { receive: () => {} };
  });
  system.spawn("root", root);
  drain();
  assert.equal(starts, 4);
  await assert.rejects(system.failed, /no start/);
});

test("a parent that gives up is restarted by its own parent, with new children", () => {
  const { system, drain } = testSystem(1);
  const seen: string[] = [];
  let child: Ref<Note> | undefined;
  const middle = actorOf<Note>(
    (ctx) => {
      child = ctx.spawn("child", kid("child", seen));
      return { receive: () => {} };
    },
    { children: rule({ restarts: 0 }) },
  );
  system.spawn(
    "root",
    actorOf<Note>((ctx) => {
      ctx.spawn("middle", middle);
      return { receive: () => {} };
    }),
  );
  const first = child as unknown as Ref<Note>;
  first.tell(boom);
  drain();
  assert.deepEqual(seen, ["+child", "-child", "+child"]);
  assert.equal(first.tell(note("a")), false);
  assert.equal((child as unknown as Ref<Note>).tell(note("b")), true);
});

test("a root's own crash fails the system; nobody need listen", async () => {
  const { system, drain } = testSystem(1);
  system.spawn("root", kid("root", [])).tell(boom);
  drain();
  await new Promise<void>((resolve) => setImmediate(resolve));
  await assert.rejects(system.failed, /root broke/);
});

test("two living siblings can't share a name; an ended one's name is free", () => {
  const { system, drain } = testSystem(1);
  const ref = system.spawn("root", kid("root", []));
  assert.throws(() => system.spawn("root", kid("root", [])), /name of a living actor/);
  ref.tell(note("stop"));
  drain();
  system.spawn("root", kid("root", []));
});

test("judge forgets restarts older than the window", () => {
  const verdict = judge(rule({ restarts: 1, withinMs: 100 }), [0], 100);
  assert.deepEqual(verdict, { type: "restart", delayMs: 0, times: [100] });
  assert.deepEqual(judge(rule({ restarts: 1, withinMs: 100 }), [1], 100), { type: "giveUp" });
});
