import type { Ending } from "../job/ending.ts";
import type { Directive } from "../job/outcome.ts";
import type { Flat } from "./wire.ts";

/** How runs end, as a thread tells it. */

const endingStride = 6;
const endingTypes = ["returned", "threw", "directed"] as const;

/** `text` is the result, or the JSON of a ThrownWire or a directive. */
export function pushEnding(
  flat: Flat,
  at: number,
  type: Ending["type"],
  text: string | undefined,
  facts: { startedAt: number; ranMs: number; followers: string | undefined },
): void {
  const number = endingTypes.indexOf(type);
  flat.push(at, facts.startedAt, facts.ranMs, number, text, facts.followers);
}

/** Reads the endings one by one, making no object of each. `more`: the followers' JSON. */
export function readEndings(
  flat: Flat,
  read: (at: number, ending: Ending, startedAt: number, ranMs: number, more?: string) => void,
): void {
  for (let from = 0; from < flat.length; from += endingStride) {
    const type = endingTypes[flat[from + 3] as number];
    read(
      flat[from] as number,
      endingOf(type, flat[from + 4] as string | undefined),
      flat[from + 1] as number,
      flat[from + 2] as number,
      flat[from + 5] as string | undefined,
    );
  }
}

function endingOf(type: Ending["type"] | undefined, text: string | undefined): Ending {
  if (type === "returned") return { type, result: text };
  if (type === "directed") return { type, directive: JSON.parse(text as string) as Directive };
  const wire = JSON.parse(text as string) as ThrownWire;
  return {
    type: "threw",
    error: { message: wire.message, stack: wire.stack },
    thrown: thrownOf(wire),
  };
}

/** Anything thrown, as texts: its class does not cross. */
export interface ThrownWire {
  message: string;
  stack?: string | undefined;
  name?: string | undefined;
  code?: string | number | undefined;
  /** What an HTTP client's error says of when to come back. */
  retryAfter?: string | number | undefined;
}

/** A plain Error with the name, message, stack, code and wait of what the thread threw. */
export function thrownOf(wire: ThrownWire): Error {
  const error = new Error(wire.message);
  if (wire.name !== undefined) error.name = wire.name;
  if (wire.stack !== undefined) error.stack = wire.stack;
  const { code, retryAfter } = wire;
  if (code !== undefined) Object.assign(error, { code });
  return retryAfter === undefined ? error : Object.assign(error, { retryAfter });
}
