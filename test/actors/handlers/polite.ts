import type { JobContext } from "../../../lib/thread/handler.ts";
import { say } from "./say.ts";

/** Waits until it is asked to end; then returns, or throws what the signal says. */
export default async function polite(args: { end: string }, ctx: JobContext): Promise<unknown> {
  const { signal } = ctx;
  const ended = new Promise((resolve) => signal.addEventListener("abort", resolve));
  say(ctx, "entered");
  await ended;
  if (args.end === "throw") throw signal.reason;
  const { name, code, message } = signal.reason;
  return { name, code, message };
}
