import type { JobContext } from "../../../lib/thread/handler.ts";

/** Enqueues children: at once, and with its result; then ends as it is told. */
export default async function parent(args: { end: string }, ctx: JobContext): Promise<unknown> {
  const receipt = await ctx.enqueue("child", { from: "at once" });
  await ctx.enqueue("child", { from: "with the result" }, { with: "result" });
  if (args.end === "throw") throw new Error("no children, please");
  return receipt;
}
