import assert from "node:assert/strict";
import { test } from "node:test";
import { ErgateError } from "../../lib/base/error.ts";
import type { Reply } from "../../lib/kernel/message.ts";
import type { Ref } from "../../lib/kernel/ref.ts";
import type { System } from "../../lib/kernel/system.ts";
import { testSystem } from "../../lib/kernel/testkit.ts";
import { actorOf, roomy } from "./help.ts";
import { code, parentOf, type Sum, summer } from "./sum.ts";

test("the answer's type is read off the union", async () => {
  const { system, settle } = testSystem(1);
  const ref = system.spawn("summer", summer);
  const sum: Promise<number> = system.ask(ref, "add", { left: 2, right: 3 }, 100);
  const name: Promise<string> = system.ask(ref, "name", {}, 100);
  await settle();
  assert.equal(await sum, 5);
  assert.equal(await name, "summer");
});

/** Never called: each line must fail to compile, and `tsc` reports one that does not. */
export function misuse(system: System, ref: Ref<Sum>, reply: Reply<number>): void {
  // @ts-expect-error a message without `reply` can't be asked
  system.ask(ref, "reset", {}, 100);
  // @ts-expect-error no such message
  system.ask(ref, "divide", {}, 100);
  // @ts-expect-error a part of the body is missing
  system.ask(ref, "add", { left: 1 }, 100);
  // @ts-expect-error the answer is a number
  const text: Promise<string> = system.ask(ref, "add", { left: 1, right: 2 }, 100);
  // @ts-expect-error the reply is the kernel's
  system.ask(ref, "add", { left: 1, right: 2, reply }, 100);
  // @ts-expect-error not a message of that actor
  ref.tell({ type: "divide" });
  // @ts-expect-error a ref of fewer messages is no ref of more
  const more: Ref<Sum | { type: "divide" }> = ref;
  actorOf<Sum>((ctx) => ({
    receive(message) {
      // @ts-expect-error a number was asked for
      if (message.type === "add") ctx.reply(message.reply, "five");
    },
  }));
  void [text, more];
}

test("a question to a full mailbox is refused at once", async () => {
  const { system } = testSystem(1);
  const mailbox = { capacity: 1, overflow: "reject" } as const;
  const ref = system.spawn("summer", { ...summer, mailbox });
  ref.tell({ type: "reset" });
  await assert.rejects(system.ask(ref, "name", {}, 100), code("ERR_ERGATE_OVERLOADED"));
});

test("a question that gave way to a newer message is refused", async () => {
  const { system } = testSystem(1);
  const mailbox = { capacity: 1, overflow: "dropOldest" } as const;
  const ref = system.spawn("summer", { ...summer, mailbox });
  const answer = system.ask(ref, "name", {}, 100);
  ref.tell({ type: "reset" });
  await assert.rejects(answer, code("ERR_ERGATE_OVERLOADED"));
});

test("a question to an actor that ended is refused at once", async () => {
  const { system, settle } = testSystem(1);
  const ref = system.spawn("summer", summer);
  const closed = system.close(0);
  await settle();
  await closed;
  await assert.rejects(system.ask(ref, "name", {}, 100), code("ERR_ERGATE_STOPPED"));
});

test("a question still in the mailbox at the end is refused", async () => {
  const { system, drain } = testSystem(1);
  const stopper = actorOf<Sum>((ctx) => ({ receive: () => ctx.stop() }), { mailbox: roomy });
  const ref = system.spawn("stopper", stopper);
  ref.tell({ type: "reset" });
  const answer = system.ask(ref, "name", {}, 100);
  drain();
  await assert.rejects(answer, code("ERR_ERGATE_STOPPED"));
});

test("an actor can refuse a question with its own error", async () => {
  const { system, drain } = testSystem(1);
  const error = new ErgateError("ERR_ERGATE_OPTION", "no");
  const ref = system.spawn(
    "refuser",
    actorOf<Sum>((ctx) => ({
      receive(message) {
        if (message.type === "name") ctx.refuse(message.reply, error);
      },
    })),
  );
  const answer = system.ask(ref, "name", {}, 100);
  drain();
  await assert.rejects(answer, error);
});

test("a crash refuses the poison question, and those taken and not answered", async () => {
  const { system, drain } = testSystem(1);
  let child: Ref<Sum> | undefined;
  const thrower = actorOf<Sum>((ctx) => ({
    receive(message) {
      if (message.type === "add") throw new Error("cannot add");
      if (message.type === "reset") ctx.self.tell({ type: "reset" });
    },
  }));
  system.spawn(
    "parent",
    parentOf(thrower, (ref) => {
      child = ref;
    }),
  );
  const taken = system.ask(child as unknown as Ref<Sum>, "name", {}, 100);
  const poison = system.ask(child as unknown as Ref<Sum>, "add", { left: 1, right: 1 }, 100);
  drain();
  await assert.rejects(taken, code("ERR_ERGATE_ACTOR_FAILED"));
  await assert.rejects(poison, (error: ErgateError) => {
    assert.match(error.message, /parent\/child failed before it answered: cannot add/);
    return error.code === "ERR_ERGATE_ACTOR_FAILED" && error.retryable;
  });
});

test("a question handed on survives the crash of who handed it on", async () => {
  const { system, drain, settle } = testSystem(1);
  const held: Reply<string>[] = [];
  const keeper = system.spawn(
    "keeper",
    actorOf<Sum>((ctx) => ({
      receive(message) {
        if (message.type === "name") held.push(message.reply);
        if (message.type === "reset") for (const to of held) ctx.reply(to, "kept");
      },
    })),
  );
  let child: Ref<Sum> | undefined;
  const forwarder = actorOf<Sum>(() => ({
    receive(message) {
      if (message.type === "reset") throw new Error("broken");
      keeper.tell(message);
    },
  }));
  system.spawn(
    "parent",
    parentOf(forwarder, (ref) => {
      child = ref;
    }),
  );
  const answer = system.ask(child as unknown as Ref<Sum>, "name", {}, 100);
  drain();
  (child as unknown as Ref<Sum>).tell({ type: "reset" });
  drain();
  keeper.tell({ type: "reset" });
  await settle();
  assert.equal(await answer, "kept");
});
