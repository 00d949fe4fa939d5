import type { JobContext } from "../../../lib/thread/handler.ts";
import { say } from "./say.ts";

/** Computes for ever and hears nothing. */
export default function deaf(_args: unknown, ctx: JobContext): void {
  say(ctx, "entered");
  for (;;);
}
