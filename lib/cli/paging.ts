import { limits } from "../base/limits.ts";
import type { PageOptions } from "../client/client.ts";
import type { Page } from "../job/job.ts";
import type { Args, OptionSpecs } from "./options.ts";

export function pageOptions(usual: number) {
  return {
    limit: { value: "N", help: `at most so many, up to ${limits.pageRows} (default ${usual})` },
    cursor: { value: "CURSOR", help: "go on where an earlier page ended (its `next`)" },
  } as const satisfies OptionSpecs;
}

export function pageOf(args: Args): PageOptions {
  const options: PageOptions = {};
  const limit = args.integer("limit", 1, limits.pageRows);
  const cursor = args.text("cursor");
  if (limit !== undefined) options.limit = limit;
  if (cursor !== undefined) options.cursor = cursor;
  return options;
}

/** Every page of a listing, one at a time: what is listed is never in memory as a whole. */
export async function* pagesOf<T>(
  read: (page: PageOptions) => Promise<Page<T>>,
): AsyncGenerator<readonly T[]> {
  let cursor: string | undefined;
  do {
    const page = await read({
      limit: limits.pageRows,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}
