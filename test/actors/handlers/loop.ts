import type { JobContext } from "../../../lib/thread/handler.ts";
import { say } from "./say.ts";

/** Synchronous work that looks whether it shall end. */
export default function loop(args: { by: string }, ctx: JobContext): unknown {
  say(ctx, "entered");
  if (args.by === "stopping") {
    while (!ctx.stopping.aborted);
    return "saw stopping";
  }
  if (args.by === "command") {
    while (ctx.command() === undefined);
    return ctx.command();
  }
  for (;;) ctx.throwIfEnded();
}
