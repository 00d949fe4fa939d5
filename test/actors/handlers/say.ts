import type { JobContext } from "../../../lib/thread/handler.ts";

/** Tells the test's process something, at once, also from a thread that never gives its loop back. */
export function say(ctx: JobContext, word: string): void {
  const channel = new BroadcastChannel("ergate-test");
  channel.postMessage({ id: ctx.id, word });
  channel.close();
}
