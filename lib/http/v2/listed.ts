import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";

/** Pages of lists that the client gives whole, since they are short by their nature. */

interface PageQuery {
  cursor?: string | undefined;
  limit?: number | undefined;
}

interface Paged<T> {
  items: T[];
  next?: string;
}

/** A page in the order of a key that each item has alone: what comes and goes shifts no other. */
export function pageByKey<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  query: PageQuery,
): Paged<T> {
  const after = query.cursor === undefined ? undefined : keyIn(query.cursor);
  const sorted = all
    .map((item) => ({ key: keyOf(item), item }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const { limit = limits.pageRowsDefault } = query;
  const items = sorted.slice(0, limit);
  const last = items.at(-1)?.key;
  const next = last === undefined || sorted.length <= limit ? {} : { next: cursorOf(last) };
  return { items: items.map(({ item }) => item), ...next };
}

/** A page of what only grows at its end, whose places are keys therefore. */
export function pageByPlace<T>(all: readonly T[], query: PageQuery): Paged<T> {
  const numbered = all.map((item, place) => ({ item, key: String(place).padStart(15, "0") }));
  const { items, ...next } = pageByKey(numbered, ({ key }) => key, query);
  return { items: items.map(({ item }) => item), ...next };
}

function cursorOf(key: string): string {
  return Buffer.from(key).toString("base64url");
}

/** Throws ERR_ERGATE_CURSOR for text that no page had. */
function keyIn(cursor: string): string {
  const key = Buffer.from(cursor, "base64url").toString();
  if (cursor !== "" && cursorOf(key) === cursor) return key;
  const message = "the cursor is not one that a page had";
  throw new ErgateError("ERR_ERGATE_CURSOR", message, { path: "cursor" });
}
