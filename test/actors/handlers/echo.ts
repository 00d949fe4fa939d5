import type { JobContext } from "../../../lib/thread/handler.ts";

/** Answers with what it got, and which run it is. */
export default function echo(args: unknown, ctx: JobContext): unknown {
  return { args, id: ctx.id, name: ctx.name, queue: ctx.queue, attempt: ctx.attempt };
}
