import type { JobContext } from "../../../lib/thread/handler.ts";

type Link = { left: number; with: "result" | undefined };

/** Enqueues one more of itself while there are some left. */
export default async function link(args: Link, ctx: JobContext): Promise<unknown> {
  if (args.left === 0) return "end";
  const next = { left: args.left - 1, with: args.with };
  if (args.with === "result") return ctx.enqueue("link", next, { with: args.with });
  return (await ctx.enqueue("link", next)).id;
}
