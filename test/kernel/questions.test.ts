import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reply } from "../../lib/kernel/message.ts";
import { Questions } from "../../lib/kernel/questions.ts";
import type { Ref } from "../../lib/kernel/ref.ts";
import { testSystem, VirtualClock } from "../../lib/kernel/testkit.ts";
import { actorOf } from "./help.ts";
import { code, type Sum, silent } from "./sum.ts";

test("an unanswered question times out, never early and within 16 ms", async () => {
  const { system, clock, advance, settle } = testSystem(1);
  const ref = system.spawn("silent", silent);
  let ended = -1;
  const answer = system.ask(ref, "name", {}, 100);
  answer.catch(() => {
    ended = clock.monotonic();
  });
  advance(99);
  await settle();
  assert.equal(ended, -1);
  for (let ms = 0; ms < 20 && ended < 0; ms++) {
    advance(1);
    await settle();
  }
  assert.ok(ended >= 100 && ended <= 116, `ended at ${ended}`);
  await assert.rejects(answer, code("ERR_ERGATE_WAIT_TIMEOUT"));
});

test("questions of the same 16 ms share one timer, and closing leaves none", async () => {
  const clock = new VirtualClock();
  const { system, settle } = testSystem(1, { clock });
  const ref = system.spawn("silent", silent);
  const answers = Array.from({ length: 50 }, () => system.ask(ref, "name", {}, 100));
  for (const answer of answers) answer.catch(() => {});
  assert.equal(clock.pending, 1);
  const closed = system.close(10);
  await settle();
  await closed;
  assert.equal(clock.pending, 0);
  await assert.rejects(answers[0] as Promise<string>, code("ERR_ERGATE_STOPPED"));
});

test("an answer to another system's question resolves nothing here", async () => {
  const { system, settle } = testSystem(1);
  const forger = actorOf<Sum>((ctx) => ({
    receive(message) {
      if (message.type !== "name") return;
      ctx.reply({ ...message.reply, node: message.reply.node + 1 }, "forged");
      ctx.reply(message.reply, "true");
    },
  }));
  const answer = system.ask(system.spawn("forger", forger), "name", {}, 100);
  await settle();
  assert.equal(await answer, "true");
});

test("any ref that says false refuses the question", async () => {
  const { system } = testSystem(1);
  const stub: Ref<Sum> = { path: "stub", tell: () => false };
  await assert.rejects(system.ask(stub, "name", {}, 100), code("ERR_ERGATE_OVERLOADED"));
});

test("open questions are bounded; an answered one makes room", async () => {
  const questions = new Questions(new VirtualClock(), 1);
  let reply: Reply<unknown> | undefined;
  const send = (to: Reply<unknown>) => {
    reply = to;
    return true;
  };
  const first = questions.ask("n", "name", 100, send);
  await assert.rejects(questions.ask("n", "name", 100, send), code("ERR_ERGATE_OVERLOADED"));
  questions.answer(reply as Reply<unknown>, "one");
  assert.equal(await first, "one");
  questions.ask("n", "name", 100, send);
  assert.equal(questions.size, 1);
});

test("a late answer and a second answer are dropped", async () => {
  const { system, advance, drain } = testSystem(1);
  const held: Reply<string>[] = [];
  const ref = system.spawn(
    "late",
    actorOf<Sum>((ctx) => ({
      receive(message) {
        if (message.type === "name") held.push(message.reply);
        if (message.type === "reset") for (const to of held) ctx.reply(to, "late");
      },
    })),
  );
  const first = system.ask(ref, "name", {}, 10);
  const second = system.ask(ref, "name", {}, 1_000);
  first.catch(() => {});
  advance(50);
  ref.tell({ type: "reset" });
  ref.tell({ type: "reset" });
  drain();
  await assert.rejects(first, code("ERR_ERGATE_WAIT_TIMEOUT"));
  assert.equal(await second, "late");
});
