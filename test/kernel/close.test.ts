import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "../../lib/kernel/ref.ts";
import { type TestSystem, testSystem } from "../../lib/kernel/testkit.ts";
import { actorOf, boom, lines, type Note, note, noter } from "./help.ts";

/** Whether a promise has settled, once the system came to rest. */
async function settled(kit: TestSystem, promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(() => {
    done = true;
  });
  await kit.settle();
  return done;
}

test("closing ends the newest first, and children before their parent", async () => {
  const { trace, seen } = lines(["ended"]);
  const kit = testSystem(1, { trace });
  const parent = actorOf<Note>((ctx) => {
    ctx.spawn("left", noter([]));
    ctx.spawn("right", noter([]));
    return { receive: () => {} };
  });
  kit.system.spawn("old", parent);
  kit.system.spawn("new", noter([]));
  assert.ok(await settled(kit, kit.system.close(1_000)));
  assert.deepEqual(seen, [
    "ended new stopped",
    "ended old/right stopped",
    "ended old/left stopped",
    "ended old stopped",
  ]);
  assert.equal(kit.clock.pending, 0);
});

test("a draining actor receives what it has and refuses what comes", async () => {
  const kit = testSystem(1);
  const seen: string[] = [];
  const ref = kit.system.spawn("n", noter(seen));
  ref.tell(note("a"));
  ref.tell(note("b"));
  const closed = kit.system.close(1_000);
  assert.equal(ref.tell(note("c")), false);
  assert.ok(await settled(kit, closed));
  assert.deepEqual(seen, ["a", "b"]);
  assert.equal(kit.system.deadLetters().stopped, 1);
});

test("an older actor still takes tells while a newer one drains", async () => {
  const kit = testSystem(1);
  const seen: string[] = [];
  const store = kit.system.spawn("store", noter(seen));
  const flush = () => void store.tell(note("settled"));
  kit.system.spawn("worker", noter([], { behavior: { flush } })).tell(note("job"));
  assert.ok(await settled(kit, kit.system.close(1_000)));
  assert.deepEqual(seen, ["settled"]);
});

test("without a draining hook an actor waits for its pipes", async () => {
  const kit = testSystem(1);
  const seen: string[] = [];
  let release = (_: string) => {};
  const work = new Promise<string>((resolve) => {
    release = resolve;
  });
  kit.system.spawn(
    "n",
    actorOf<Note>((ctx) => {
      ctx.pipe(work, note, () => note("failed"));
      return { receive: (message) => void seen.push(message.text) };
    }),
  );
  const closed = kit.system.close(1_000);
  assert.equal(await settled(kit, closed), false);
  release("piped");
  assert.ok(await settled(kit, closed));
  assert.deepEqual(seen, ["piped"]);
});

/** Drains until `finish` arrives by a timer after 50 ms. */
function finisher(seen: string[]) {
  return actorOf<Note>((ctx) => {
    let done = () => {};
    ctx.after("more", 20, note("more"));
    ctx.after("finish", 50, note("finish"));
    return {
      receive(message) {
        seen.push(message.text);
        if (message.text === "finish") done();
      },
      flush: () => void seen.push("flush"),
      draining(finished) {
        seen.push("draining");
        done = finished;
      },
      stopping: () => void seen.push("stopping"),
    };
  });
}

test("the draining hook comes after the mailbox, and owed results still arrive", async () => {
  const kit = testSystem(1);
  const seen: string[] = [];
  kit.system.spawn("n", finisher(seen)).tell(note("a"));
  const closed = kit.system.close(1_000);
  assert.equal(await settled(kit, closed), false);
  await kit.advanceAsync(50);
  assert.ok(await settled(kit, closed));
  const owed = ["more", "flush", "finish", "flush"];
  assert.deepEqual(seen, ["a", "flush", "draining", ...owed, "stopping"]);
});

test("past its grace an actor is stopped anyway", async () => {
  const kit = testSystem(1);
  const seen: string[] = [];
  const stuck = noter(seen, {
    behavior: { draining: () => {}, stopping: () => void seen.push("stopping") },
  });
  kit.system.spawn("one", stuck);
  kit.system.spawn("two", stuck);
  const closed = kit.system.close(100);
  await kit.advanceAsync(199);
  assert.equal(await settled(kit, closed), false);
  await kit.advanceAsync(1);
  assert.ok(await settled(kit, closed));
  assert.deepEqual(seen, ["stopping", "stopping"]);
  assert.deepEqual(kit.system.actors(), []);
});

test("an actor that keeps itself busy is stopped too", async () => {
  const kit = testSystem(1);
  kit.system.spawn(
    "busy",
    actorOf<Note>((ctx) => {
      ctx.after("again", 1, note("again"));
      return {
        receive: (message) => ctx.after("again", 1, message),
        draining: () => {},
      };
    }),
  );
  const closed = kit.system.close(100);
  await kit.advanceAsync(100);
  assert.ok(await settled(kit, closed));
});

test("a crash while closing is not restarted and does not fail the system", async () => {
  const kit = testSystem(1);
  let starts = 0;
  let child: Ref<Note> | undefined;
  const kid = actorOf<Note>(() => {
    starts++;
    return {
      receive() {
        throw new Error("boom");
      },
    };
  });
  kit.system.spawn(
    "parent",
    actorOf<Note>((ctx) => {
      child = ctx.spawn("child", kid);
      return { receive: () => {} };
    }),
  );
  child?.tell(boom);
  let failed = false;
  kit.system.failed.catch(() => {
    failed = true;
  });
  assert.ok(await settled(kit, kit.system.close(100)));
  assert.equal(starts, 1);
  assert.equal(failed, false);
});

test("a root's crash while closing does not fail the system", async () => {
  const kit = testSystem(1);
  let failed = false;
  kit.system.failed.catch(() => {
    failed = true;
  });
  kit.system.spawn("root", noter([])).tell(boom);
  assert.ok(await settled(kit, kit.system.close(100)));
  assert.equal(failed, false);
});

test("an actor waits for no pipe of an older incarnation", async () => {
  const kit = testSystem(1);
  let starts = 0;
  let child: Ref<Note> | undefined;
  const kid = actorOf<Note>((ctx) => {
    if (starts++ === 0) ctx.pipe(new Promise<string>(() => {}), note, () => note("failed"));
    return {
      receive() {
        throw new Error("boom");
      },
    };
  });
  kit.system.spawn(
    "parent",
    actorOf<Note>((ctx) => {
      child = ctx.spawn("child", kid);
      return { receive: () => {} };
    }),
  );
  child?.tell(boom);
  kit.drain();
  assert.ok(await settled(kit, kit.system.close(100)));
  assert.equal(starts, 2);
});

test("a child waiting for its restart does not hold up the close", async () => {
  const kit = testSystem(1);
  const children = {
    strategy: "one_for_one",
    restarts: 3,
    withinMs: 5_000,
    backoffMs: 1_000,
  } as const;
  let child: Ref<Note> | undefined;
  const parent = actorOf<Note>(
    (ctx) => {
      child = ctx.spawn("child", noter([]));
      return { receive: () => {} };
    },
    { children },
  );
  kit.system.spawn("parent", parent);
  child?.tell(boom);
  kit.drain();
  assert.equal(kit.system.actors()[1]?.state, "waiting");
  assert.ok(await settled(kit, kit.system.close(100)));
  assert.equal(kit.clock.pending, 0);
});

test("closing twice is closing once, and a closed system spawns nothing", async () => {
  const kit = testSystem(1);
  kit.system.spawn("n", noter([]));
  const closed = kit.system.close(100);
  assert.equal(kit.system.close(5), closed);
  assert.ok(await settled(kit, closed));
  assert.throws(() => kit.system.spawn("late", noter([])), { code: "ERR_ERGATE_STOPPED" });
});

test("an empty system closes at once", async () => {
  const kit = testSystem(1);
  assert.ok(await settled(kit, kit.system.close(100)));
});
