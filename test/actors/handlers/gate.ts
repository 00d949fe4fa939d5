import type { JobContext } from "../../../lib/thread/handler.ts";
import { say } from "./say.ts";

/** Returns at once, or holds its thread until the test opens the gate. */
export default async function gate(args: { hold: boolean }, ctx: JobContext): Promise<string> {
  if (!args.hold) return "quick";
  const channel = new BroadcastChannel("ergate-test-gate");
  const opened = new Promise((resolve) => {
    channel.onmessage = resolve;
  });
  say(ctx, "entered");
  await opened;
  channel.close();
  return "held";
}
