import { ErgateError } from "../base/error.ts";
import type { Page } from "../job/job.ts";

/** A page's cursor as users hold it: opaque text around numbers. */
export function encodeCursor(numbers: readonly number[]): string {
  return Buffer.from(numbers.join(":")).toString("base64url");
}

/** Throws ERR_ERGATE_CURSOR for text that `encodeCursor` did not make with `count` numbers. */
export function decodeCursor(cursor: string, count: number): number[] {
  const text = Buffer.from(cursor, "base64url").toString();
  const numbers = /^\d+(:\d+)*$/.test(text) ? text.split(":").map(Number) : [];
  if (numbers.length === count && numbers.every(Number.isSafeInteger)) return numbers;
  throw wrongCursor();
}

/** A page's cursor where rows stand in the order of their names. */
function encodeNameCursor(name: string): string {
  return Buffer.from(`${namePrefix}${name}`).toString("base64url");
}

/** Throws ERR_ERGATE_CURSOR for text that `encodeNameCursor` did not make. */
export function decodeNameCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, "base64url").toString();
  if (text.startsWith(namePrefix)) return text.slice(namePrefix.length);
  throw wrongCursor();
}

/** A page of rows in the order of their names, of which one more than `limit` was read. */
export function namedPage<Row>(
  rows: readonly Row[],
  limit: number,
  nameOf: (row: Row) => string,
): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > items.length && last !== undefined;
  return { items, next: more ? encodeNameCursor(nameOf(last)) : undefined };
}

const namePrefix = "name:";

function wrongCursor(): ErgateError {
  const message = "cursor: not a cursor of this call; pass on `next` as it came";
  return new ErgateError("ERR_ERGATE_CURSOR", message, { path: "cursor" });
}
