import { ErgateError } from "../../base/error.ts";
import type { Query, QueryAnswers } from "../../protocol/query.ts";
import type { Write, WriteAnswer } from "../../protocol/write.ts";
import type { JobStore } from "../store.ts";
import { applyBatch } from "./apply.ts";
import { answer } from "./read.ts";
import type { Counters, Session } from "./session.ts";
import { Table } from "./table.ts";

/** Jobs in this process's memory, for tests, trials and `storage: ":memory:"`. */
export interface MemoryStorage {
  /**
   * A store on it. Several share the storage as several processes share a file: one that is closed
   * without a `leave` is a process that died.
   */
  open(namespace?: string): JobStore;
  /** What a store's `read` answers, at once. */
  look<Q extends Query>(query: Q, namespace: string): QueryAnswers[Q["type"]];
}

export function memoryStorage(): MemoryStorage {
  const counters: Counters = { seq: 0, fence: 0, worker: 0, revision: 0 };
  const tables = new Map<string, Table>();
  const stores = new Set<MemoryStore>();
  return {
    open(namespace = "default") {
      const table = tables.get(namespace) ?? new Table();
      tables.set(namespace, table);
      return new MemoryStore(namespace, table, counters, stores);
    },
    look<Q extends Query>(query: Q, namespace: string) {
      const table = tables.get(namespace) ?? new Table();
      return answer(table, namespace, query) as QueryAnswers[Q["type"]];
    },
  };
}

class MemoryStore implements JobStore {
  readonly durability = "memory";
  readonly #namespace: string;
  readonly #session: Session;
  /** All open stores of the storage, this one too. */
  readonly #stores: Set<MemoryStore>;
  readonly #watchers = new Set<() => void>();
  #ringing = false;

  constructor(namespace: string, table: Table, counters: Counters, stores: Set<MemoryStore>) {
    this.#namespace = namespace;
    this.#session = {
      ...{ table, counters, worker: undefined, toldPaused: undefined, turns: [] },
      strangers: true,
    };
    this.#stores = stores;
    stores.add(this);
  }

  async apply(batch: readonly Write[]): Promise<readonly WriteAnswer[]> {
    this.#mustBeOpen();
    const { table } = this.#session;
    const before = table.changes;
    const answers = applyBatch(this.#session, batch);
    // A batch that changed nothing is no news: two idle stores would wake each other for ever.
    if (table.changes !== before) for (const other of this.#stores) other.#heard(this);
    return answers;
  }

  async read<Q extends Query>(query: Q): Promise<QueryAnswers[Q["type"]]> {
    this.#mustBeOpen();
    return answer(this.#session.table, this.#namespace, query) as QueryAnswers[Q["type"]];
  }

  watch(ring: () => void): () => void {
    const watcher = () => ring();
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  async backup(_file: string): Promise<void> {
    throw new ErgateError("ERR_ERGATE_STORE_OPEN", "a memory storage has no file");
  }

  async close(): Promise<void> {
    this.#stores.delete(this);
    this.#watchers.clear();
    if (this.#session.worker !== undefined) this.#session.worker.lock.held = false;
  }

  #heard(writer: MemoryStore): void {
    if (writer === this) return;
    this.#session.strangers = true;
    if (this.#ringing) return;
    this.#ringing = true;
    queueMicrotask(() => {
      this.#ringing = false;
      for (const ring of this.#watchers) ring();
    });
  }

  #mustBeOpen(): void {
    if (this.#stores.has(this)) return;
    throw new ErgateError("ERR_ERGATE_STORE_FAILED", "the store is closed");
  }
}
