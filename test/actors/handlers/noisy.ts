import type { JobContext } from "../../../lib/thread/handler.ts";

/** Writes lines, a level each in turn. */
export default function noisy(args: { lines: number }, ctx: JobContext): number {
  for (let at = 0; at < args.lines; at++) ctx.log.info(`line ${at}`, { at });
  return args.lines;
}
