import { ErgateError, messageOf } from "./error.ts";
import { limits } from "./limits.ts";

/** What JSON can say without a loss. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * The JSON text of a value that comes back from it unchanged. `undefined` as a property is left
 * out, as JSON does; an object with `toJSON` is refused unless `takesText` (a schema that takes the
 * text back). Throws ERR_ERGATE_PAYLOAD_JSON with the path of what would be lost (Map, BigInt, NaN,
 * a circle, `undefined` in an array), ERR_ERGATE_PAYLOAD_SIZE past `bytesMax`.
 */
export function encodeJson(
  value: unknown,
  path: string,
  bytesMax: number,
  takesText = false,
): string {
  const text = textOf(value, path, takesText);
  // UTF-8 takes at most three bytes a UTF-16 unit: only text near the limit is measured exactly.
  if (text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax) {
    throw new ErgateError(
      "ERR_ERGATE_PAYLOAD_SIZE",
      `${path} is ${Buffer.byteLength(text)} bytes of JSON: the limit is ${bytesMax}`,
      { path },
    );
  }
  return text;
}

function textOf(value: unknown, path: string, takesText: boolean): string {
  let flaw: Flaw | undefined;
  try {
    flaw = flawOf(value, 0, takesText);
    if (flaw === undefined) return JSON.stringify(value);
    if (flaw.deep) flaw = circleIn(value, "", new Set(), new Set()) ?? shortened(flaw);
  } catch (cause) {
    // A getter or a toJSON of the value's own.
    const message = `${path} can't be read: ${messageOf(cause)}`;
    throw new ErgateError("ERR_ERGATE_PAYLOAD_JSON", message, { path, cause });
  }
  const at = `${path}${flaw.path}`;
  throw new ErgateError("ERR_ERGATE_PAYLOAD_JSON", `${at}: ${flaw.why}`, { path: at });
}

function shortened(flaw: Flaw): Flaw {
  return { ...flaw, path: `${flaw.path.slice(0, shownChars)}…` };
}

/** Of a path that is as long as its value is deep. */
const shownChars = 60;

interface Flaw {
  path: string;
  why: string;
  /** Too deep; most likely a circle, whose place a second look finds. */
  deep?: boolean;
}

/** The path is put together on the way back, so that a sound value costs no strings. */
function flawOf(value: unknown, depth: number, takesText: boolean): Flaw | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : { path: "", why: `${value} has no JSON form` };
    case "object":
      return value === null ? undefined : flawOfObject(value, depth, takesText);
    default:
      return { path: "", why: `a value of type ${typeof value} has no JSON form` };
  }
}

function flawOfObject(value: object, depth: number, takesText: boolean): Flaw | undefined {
  if (depth > limits.jsonDepth) {
    return { path: "", why: `nested deeper than ${limits.jsonDepth}`, deep: true };
  }
  if (Array.isArray(value)) return flawOfArray(value, depth, takesText);
  if ("toJSON" in value) {
    return takesText ? undefined : { path: "", why: `a ${kindOf(value)} would come back as text` };
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return { path: "", why: `a ${kindOf(value)} would not come back from JSON as it is` };
  }
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    const flaw = inner === undefined ? undefined : flawOf(inner, depth + 1, takesText);
    if (flaw !== undefined) return { ...flaw, path: `.${key}${flaw.path}` };
  }
  return undefined;
}

function flawOfArray(
  value: readonly unknown[],
  depth: number,
  takesText: boolean,
): Flaw | undefined {
  for (let at = 0; at < value.length; at++) {
    const flaw = flawOf(value[at], depth + 1, takesText);
    if (flaw !== undefined) return { ...flaw, path: `[${at}]${flaw.path}` };
  }
  return undefined;
}

/** Where a value holds one that it is held by. `sound`: what was looked through already. */
function circleIn(
  value: unknown,
  path: string,
  above: Set<unknown>,
  sound: Set<unknown>,
): Flaw | undefined {
  if (typeof value !== "object" || value === null || sound.has(value)) return undefined;
  if (above.has(value)) return { path, why: "it is circular here" };
  if (above.size > limits.jsonDepth) return undefined;
  above.add(value);
  for (const [key, inner] of Object.entries(value)) {
    const place = Array.isArray(value) ? `[${key}]` : `.${key}`;
    const circle = circleIn(inner, `${path}${place}`, above, sound);
    if (circle !== undefined) return circle;
  }
  above.delete(value);
  sound.add(value);
  return undefined;
}

function kindOf(value: object): string {
  return value.constructor?.name ?? "object";
}
