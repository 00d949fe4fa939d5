import { limits } from "../base/limits.ts";
import { Fields } from "../job/fields.ts";
import type { PageOptions } from "./client.ts";

/** Which page is wanted, with the default limit. Throws ERR_ERGATE_OPTION with the field's path. */
export function pageGiven(
  options: { [Key in keyof PageOptions]: PageOptions[Key] | undefined },
  path = "options",
): { cursor: string | undefined; limit: number } {
  const fields = new Fields(options, path, ["cursor", "limit"]);
  const limit = fields.integer("limit", 1, limits.pageRows) ?? limits.pageRowsDefault;
  return { cursor: fields.string("cursor"), limit };
}
