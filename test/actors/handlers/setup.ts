import { threadId } from "node:worker_threads";
import type { JobContext } from "../../../lib/thread/handler.ts";

let setups = 0;

/** Runs once a thread. */
export function setup(): { setups: number; threadId: number } {
  setups++;
  return { setups, threadId };
}

export default function base(_args: unknown, ctx: JobContext): unknown {
  return ctx.base;
}
