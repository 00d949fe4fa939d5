import { ErgateError } from "../base/error.ts";

/** A page's cursor as users hold it: opaque text around numbers. */
export function encodeCursor(numbers: readonly number[]): string {
  return Buffer.from(numbers.join(":")).toString("base64url");
}

/** Throws ERR_ERGATE_CURSOR for text that `encodeCursor` did not make with `count` numbers. */
export function decodeCursor(cursor: string, count: number): number[] {
  const text = Buffer.from(cursor, "base64url").toString();
  const numbers = /^\d+(:\d+)*$/.test(text) ? text.split(":").map(Number) : [];
  if (numbers.length === count && numbers.every(Number.isSafeInteger)) return numbers;
  const message = "cursor: not a cursor of this call; pass on `next` as it came";
  throw new ErgateError("ERR_ERGATE_CURSOR", message, { path: "cursor" });
}
