import type { JobContext } from "../../../lib/thread/handler.ts";

/** Says how its call for a lock was refused. */
export default function locks(_args: unknown, ctx: JobContext): Promise<string> {
  return ctx.lock("ledger").then(
    () => "held",
    (error) => `${error.code} ${error.message}`,
  );
}
