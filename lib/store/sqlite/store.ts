import { resolve as resolvePath } from "node:path";
import { limits } from "../../base/limits.ts";
import type { JobFilter, Page } from "../../job/job.ts";
import type { JobRow, Query, QueryAnswer } from "../../protocol/query.ts";
import type { JobStore } from "../store.ts";
import { listen } from "./bell.ts";
import { type FileOptions, openWriter } from "./file.ts";
import type { StoreThread } from "./thread.ts";
import { packWrite, unpackAnswer, type WireAnswer } from "./wire.ts";

export interface SqliteOptions extends FileOptions {
  /** `thread`: a writer's and, once something is read, a reader's thread. `inline`: in the caller's. */
  place: "thread" | "inline";
  warn?: (warning: string) => void;
}

/** Opens or creates a database file. Rejects with the ERR_ERGATE_STORE_… that says what is wrong with it. */
export async function openSqlite(options: SqliteOptions): Promise<JobStore> {
  const absolute = { ...options, file: resolvePath(options.file) };
  return options.place === "inline" ? openInline(absolute) : openThreads(absolute);
}

type ReadOnce = (query: Query) => Promise<QueryAnswer>;

/** One query may take several bounded slices, so that a long walk lets other reads in between. */
function bySlices(readOnce: ReadOnce): JobStore["read"] {
  const read = (query: Query): Promise<QueryAnswer> => {
    if (query.type === "jobs") return fillPage(readOnce, query);
    if (query.type === "count" && query.filter.tag !== undefined) {
      return countByWalk(readOnce, query.filter);
    }
    return readOnce(query);
  };
  return read as JobStore["read"];
}

async function fillPage(
  readOnce: ReadOnce,
  query: Extract<Query, { type: "jobs" }>,
): Promise<Page<JobRow>> {
  const items: JobRow[] = [];
  let cursor = query.cursor;
  do {
    const slice = { ...query, cursor, limit: query.limit - items.length };
    const page = (await readOnce(slice)) as Page<JobRow>;
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < query.limit);
  return { items, next: cursor };
}

async function countByWalk(readOnce: ReadOnce, filter: JobFilter): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const slice = { type: "jobs", filter, cursor, limit: limits.pageRows } as const;
    const page = (await readOnce(slice)) as Page<JobRow>;
    count += page.items.length;
    cursor = page.next;
  } while (cursor !== undefined);
  return count;
}

async function openInline(options: SqliteOptions): Promise<JobStore> {
  const writer = openWriter(options);
  for (const warning of writer.warnings) options.warn?.(warning);
  return {
    durability: options.durability,
    apply: async (batch) => writer.apply(batch),
    read: bySlices(async (query) => writer.read(query)),
    watch: (ring) => listen(options.file, ring),
    backup: async (file) => writer.backup(resolvePath(file)),
    close: async () => writer.close(),
  };
}

async function openThreads(options: SqliteOptions): Promise<JobStore> {
  const { startThread } = await import("./thread.ts");
  const { file, durability, namespace } = options;
  const own = { file, durability, namespace };
  const start = (role: "writer" | "reader") => startThread({ role, options: own });
  let writer = start("writer");
  let reader: StoreThread | undefined;
  let closed = false;
  for (const warning of await writer.opened) options.warn?.(warning);
  return {
    durability,
    async apply(batch) {
      // A thread that died took its lock along: whoever applies next joins anew, on a new one.
      if (!writer.alive && !closed) writer = start("writer");
      const answers = await writer.ask({ type: "apply", batch: batch.map(packWrite) });
      return (answers as WireAnswer[]).map(unpackAnswer);
    },
    read: bySlices(async (query) => {
      const thread = await reading();
      return (await thread.ask({ type: "read", query })) as QueryAnswer;
    }),
    watch: (ring) => listen(file, ring),
    async backup(target) {
      await (await reading()).ask({ type: "backup", file: resolvePath(target) });
    },
    async close() {
      closed = true;
      // The writer last: whoever closes last folds the write-ahead log into the file, and a reader can't.
      await reader?.close();
      await writer.close();
    },
  };

  async function reading(): Promise<StoreThread> {
    if (reader?.alive !== true) reader = start("reader");
    await reader.opened;
    return reader;
  }
}
