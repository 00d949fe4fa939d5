import type { JobContext } from "../../../lib/thread/handler.ts";

/** Answers with what a middleware set for it, under the keys that it is asked for. */
export default function values(args: { keys: string[] }, ctx: JobContext): unknown {
  ctx.set("own", "set in the thread");
  return args.keys.map((key) => ctx.get(key) ?? null);
}
