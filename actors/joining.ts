import { ErgateError } from "../lib/base/error.ts";
import type { Context } from "../lib/kernel/actor.ts";
import type { QueueMessage } from "../lib/protocol/queue.ts";
import type { WriteAnswer, WriteAnswers } from "../lib/protocol/write.ts";
import type { Asked } from "./batch.ts";
import type { QueueParts } from "./queue.ts";

/** Puts one write into the next transaction. */
export type Ask = (write: Asked["write"], done: Asked["done"], refused: Asked["refused"]) => void;

type Of<T extends QueueMessage["type"]> = Extract<QueueMessage, { type: T }>;

/** This runtime becomes known to the file, and may claim. */
export function join(
  { membership }: QueueParts,
  ctx: Context<QueueMessage>,
  { worker, declarations, reply }: Of<"join">,
  ask: Ask,
): void {
  const entered = (answer: WriteAnswer) => {
    membership.entered(worker, declarations, answer as WriteAnswers["join"]);
    ctx.reply(reply, null);
  };
  const write = { type: "join", worker, ...declarations, now: ctx.now() } as const;
  ask(write, entered, (error) => ctx.refuse(reply, error));
}

export function leave(
  { membership }: QueueParts,
  ctx: Context<QueueMessage>,
  { reply }: Of<"leave">,
  ask: Ask,
): void {
  const { worker } = membership;
  membership.left();
  if (worker === undefined) return ctx.reply(reply, null);
  const left = () => ctx.reply(reply, null);
  ask({ type: "leave", worker, now: ctx.now() }, left, (error) => ctx.refuse(reply, error));
}

/** After a crash of the dispatcher or of the queue itself: what this runtime held goes back. */
export function rejoin({ membership }: QueueParts, now: number, ask: Ask): void {
  for (const { write, done } of membership.again(now)) {
    const refused = (error: Error) => {
      if (!(error instanceof ErgateError && error.retryable)) throw error;
      // A full disk is waited for: a crash for each try would soon be one too many.
      ask(write, done, refused);
    };
    ask(write, done, refused);
  }
}
