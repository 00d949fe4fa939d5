import { type Fields, optionError } from "./fields.ts";

/** What stands in the place of a hidden value. */
const hidden = "[redacted]";

/**
 * Reads a job's `redact`: the paths of what is hidden, split at their dots. Throws
 * ERR_ERGATE_OPTION.
 */
export function redactOf(fields: Fields): readonly string[] {
  const paths = fields.raw("redact");
  if (paths === undefined) return [];
  if (!Array.isArray(paths)) throw optionError(fields.at("redact"), "must be a list of paths");
  paths.forEach((path: unknown, at) => {
    if (typeof path === "string" && path.split(".").every((part) => part !== "")) return;
    const problem = 'must be a path such as "password", "card.number" or "users.*.token"';
    throw optionError(`${fields.at("redact")}[${at}]`, problem);
  });
  return [...new Set(paths as string[])];
}

/**
 * A copy of a job's arguments in which the value at each path is "[redacted]"; what lies on no path
 * is shared with the original. A path is keys with dots between them; `*` is any key. A list on the
 * way is entered by itself: `cards.number` hides the number of each card. A path that leads nowhere
 * hides nothing.
 */
export function redacted<T>(args: T, paths: readonly string[]): T {
  let shown: unknown = args;
  for (const path of paths) shown = hide(shown, path.split("."), 0);
  return shown as T;
}

function hide(value: unknown, parts: readonly string[], at: number): unknown {
  if (at === parts.length) return hidden;
  if (typeof value !== "object" || value === null) return value;
  const part = parts[at] as string;
  if (Array.isArray(value)) return value.map((item, index) => hideItem(item, index, parts, at));
  if (part !== "*" && !Object.hasOwn(value, part)) return value;
  // By fromEntries: an assignment to the key "__proto__" would change the copy's prototype.
  return Object.fromEntries(
    Object.entries(value).map(([key, own]) =>
      part === "*" || part === key ? [key, hide(own, parts, at + 1)] : [key, own],
    ),
  );
}

/** The item's number, or `*`, is used up by the list; any other part holds for each item. */
function hideItem(item: unknown, index: number, parts: readonly string[], at: number): unknown {
  const part = parts[at] as string;
  if (part === "*" || part === String(index)) return hide(item, parts, at + 1);
  return /^\d+$/.test(part) ? item : hide(item, parts, at);
}
