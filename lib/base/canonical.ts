import type { Json } from "./json.ts";

/**
 * The one text of a JSON value, whatever the order of its keys: two values have the same text if
 * and only if they are equal. Numbers are JavaScript's, so that `2` and `2.0` are one.
 */
export function canonicalJson(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const object = value as { readonly [key: string]: Json };
  const fields = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as Json)}`);
  return `{${fields.join(",")}}`;
}
