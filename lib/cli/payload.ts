import { text as textOf } from "node:stream/consumers";
import type { Call } from "./command.ts";

/** A job's arguments as the command line gives them: JSON, or `-` for JSON from stdin. */
export async function payloadOf(
  { args, machine }: Call,
  given: string | undefined,
): Promise<unknown> {
  if (given === undefined) return undefined;
  const text = given === "-" ? await textOf(machine.stdin) : given;
  try {
    return JSON.parse(text);
  } catch {
    throw args.wrong(`the arguments are no JSON: ${text.slice(0, 40)}`);
  }
}
