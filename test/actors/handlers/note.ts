import type { JobContext } from "../../../lib/thread/handler.ts";
import { say } from "./say.ts";

/** Says how far it is, waits to be stopped, and says it again just before it ends. */
export default async function note(_args: unknown, ctx: JobContext): Promise<void> {
  const { signal } = ctx;
  ctx.progress(0.25, "a quarter");
  say(ctx, "entered");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  ctx.progress(0.5);
  ctx.progress(1, "all");
}
