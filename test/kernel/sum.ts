import { ErgateError } from "../../lib/base/error.ts";
import type { Reply } from "../../lib/kernel/message.ts";
import type { Ref } from "../../lib/kernel/ref.ts";
import { actorOf } from "./help.ts";

export type Sum =
  | { type: "add"; left: number; right: number; reply: Reply<number> }
  | { type: "name"; reply: Reply<string> }
  | { type: "reset" };

export const code = (expected: string) => (error: unknown) =>
  error instanceof ErgateError && error.code === expected;

export const summer = actorOf<Sum>((ctx) => ({
  receive(message) {
    if (message.type === "add") ctx.reply(message.reply, message.left + message.right);
    if (message.type === "name") ctx.reply(message.reply, "summer");
  },
}));

/** Takes every question and answers none; `reset` makes it throw. */
export const silent = actorOf<Sum>(() => ({
  receive(message) {
    if (message.type === "reset") throw new Error("broken");
  },
}));

export const parentOf = (child: typeof silent, got: (ref: Ref<Sum>) => void) =>
  actorOf<{ type: "none" }>((ctx) => {
    got(ctx.spawn("child", child));
    return { receive: () => {} };
  });
