import { resolve as resolvePath } from "node:path";
import { limits } from "../../base/limits.ts";
import type { Query } from "../../protocol/query.ts";
import type { Write, WriteAnswer } from "../../protocol/write.ts";
import type { JobStore } from "../store.ts";
import { listen } from "./bell.ts";
import { type FileOptions, openWriter } from "./file.ts";
import type { ReaderAnswer } from "./reader.ts";
import { bySlices } from "./slices.ts";
import type { StoreThread } from "./thread.ts";
import { packWrite, unpackAnswer, type WireAnswer } from "./wire.ts";

export interface SqliteOptions extends FileOptions {
  /**
   * `thread`: a writer's and, once something is read, a reader's thread. `inline`: in the caller's.
   */
  place: "thread" | "inline";
  warn?: (warning: string) => void;
}

/**
 * Opens or creates a database file. Rejects with the ERR_ERGATE_STORE_… that says what is wrong
 * with it.
 */
export async function openSqlite(options: SqliteOptions): Promise<JobStore> {
  const absolute = { ...options, file: resolvePath(options.file) };
  return options.place === "inline" ? openInline(absolute) : openThreads(absolute);
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
  const threads = new StoreThreads((role) => startThread({ role, options: own }));
  for (const warning of await threads.opened) options.warn?.(warning);
  return {
    durability,
    apply: (batch) => threads.apply(batch),
    read: bySlices((query) => threads.read(query)),
    watch: (ring) => listen(file, ring),
    backup: (target) => threads.backup(resolvePath(target)),
    close: () => threads.close(),
  };
}

/**
 * The writer's thread, and the reader's: started when both are used, since a thread more costs a
 * small program 70 ms. Until it has opened the writer's thread answers reads too.
 */
class StoreThreads {
  readonly #start: (role: "writer" | "reader") => StoreThread;
  #writer: StoreThread;
  #reader: StoreThread | undefined;
  #readerOpen = false;
  #batches = 0;
  #reads = 0;
  #closed = false;

  constructor(start: (role: "writer" | "reader") => StoreThread) {
    this.#start = start;
    this.#writer = start("writer");
  }

  get opened(): Promise<readonly string[]> {
    return this.#writer.opened;
  }

  async apply(batch: readonly Write[]): Promise<readonly WriteAnswer[]> {
    // A thread that died took its lock along: whoever applies next joins anew, on a new one.
    if (!this.#writer.alive && !this.#closed) this.#writer = this.#start("writer");
    this.#batches++;
    if (this.#reads > 0 && this.#batches > limits.storeBatchesBeforeReader) this.#openReader();
    const answers = await this.#writer.ask({ type: "apply", batch: batch.map(packWrite) });
    return (answers as WireAnswer[]).map(unpackAnswer);
  }

  async read(query: Query): Promise<ReaderAnswer> {
    this.#reads++;
    const thread = this.#readerOpen && this.#reader?.alive ? this.#reader : this.#writer;
    return (await thread.ask({ type: "read", query })) as ReaderAnswer;
  }

  /** A copy of a large file takes long: never in the writer's thread. */
  async backup(file: string): Promise<void> {
    this.#openReader();
    await this.#reader?.opened;
    await this.#reader?.ask({ type: "backup", file });
  }

  /**
   * The writer last: whoever closes last folds the write-ahead log into the file, and a reader
   * can't.
   */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#reader?.close();
    await this.#writer.close();
  }

  #openReader(): void {
    if (this.#closed || this.#reader?.alive === true) return;
    this.#readerOpen = false;
    const reader = this.#start("reader");
    this.#reader = reader;
    const opened = () => {
      this.#readerOpen = true;
    };
    // One that can't open is not tried with every batch.
    const failed = () => {
      this.#batches = 0;
    };
    reader.opened.then(opened, failed);
  }
}
