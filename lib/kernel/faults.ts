import { ErgateError, messageOf } from "../base/error.ts";
import type { Message } from "./message.ts";
import type { Fate } from "./ref.ts";

/** An async hook would lose its errors, and run while the next message is received. */
export function mustBeSync(returned: unknown, hook: string): void {
  const { then } = (returned ?? {}) as { then?: unknown };
  if (typeof then !== "function") return;
  then.call(returned, undefined, () => {});
  throw new Error(`${hook} returned a promise: it must be synchronous, use ctx.pipe`);
}

export function refusalOf(
  path: string,
  { type }: Message,
  fate: Fate,
  error: unknown,
): ErgateError {
  switch (fate) {
    case "full":
    case "dropped":
      return new ErgateError("ERR_ERGATE_OVERLOADED", `${path} refused "${type}": mailbox full`);
    case "stopped":
      return stopped(path);
    case "poison":
      return failedBy(path, error);
    default:
      return fate satisfies never;
  }
}

export function failedBy(path: string, cause: unknown): ErgateError {
  const message = `${path} failed before it answered: ${messageOf(cause)}`;
  return new ErgateError("ERR_ERGATE_ACTOR_FAILED", message, { cause });
}

export function stopped(path: string): ErgateError {
  return new ErgateError("ERR_ERGATE_STOPPED", `${path} is stopping or stopped`);
}
