import { limits } from "../base/limits.ts";
import type { JobId } from "../job/job.ts";
import type { LogChunk } from "./chunk.ts";
import {
  type ChunkPage,
  type ChunkQuery,
  type Forgotten,
  type KeptChunk,
  type LogEngine,
  type PruneBounds,
  type Pruned,
  pastBounds,
} from "./engine.ts";
import { gather } from "./page.ts";
import { look, type SearchPage, type SearchQuery } from "./search.ts";

/** Lines in memory, for a runtime without a file; also what the SQLite engine is tested against. */
export class MemoryLogEngine implements LogEngine {
  /** By number, which is the order of writing: a Map keeps it through deletions. */
  readonly #chunks = new Map<number, KeptChunk>();
  readonly #byJob = new Map<JobId, KeptChunk[]>();
  /** When jobs were deleted, the oldest first. */
  readonly #forgotten = new Map<JobId, number>();
  #next = 1;
  #bytes = 0;

  append(chunks: readonly LogChunk[]): void {
    for (const chunk of chunks) {
      const forgottenAt = this.#forgotten.get(chunk.id) ?? Number.NEGATIVE_INFINITY;
      if (chunk.lastAt > forgottenAt) this.#keep({ ...chunk, no: this.#next++ });
    }
  }

  read(query: ChunkQuery): ChunkPage {
    const kept = (this.#byJob.get(query.id) ?? []).filter(
      (chunk) =>
        (query.attempt === undefined || chunk.attempt === query.attempt) &&
        (query.tail || chunk.no >= query.from.no),
    );
    return gather(query.tail ? kept.reverse() : kept, query);
  }

  search(query: SearchQuery): SearchPage {
    const chunks = query.job === undefined ? this.#chunks.values() : this.#byJob.get(query.job);
    return look([...(chunks ?? [])].reverse(), query);
  }

  forget(ids: readonly JobId[], at: number | undefined): Forgotten {
    if (at !== undefined) this.#remember(ids, at);
    let lines = 0;
    let room: number = limits.pruneRows;
    for (const [done, id] of ids.entries()) {
      const kept = this.#byJob.get(id) ?? [];
      const gone = kept.slice(0, room);
      lines += this.#drop(gone);
      room -= gone.length;
      if (room === 0) return { lines, done: gone.length === kept.length ? done + 1 : done };
    }
    return { lines, done: ids.length };
  }

  prune(bounds: PruneBounds, limit: number): Pruned {
    const count = pastBounds(this.#chunks.values(), bounds, this.#bytes);
    const gone = this.#oldest(Math.min(count, limit));
    const lines = this.#drop(gone);
    return { chunks: gone.length, lines, more: count > gone.length, bytes: this.#bytes };
  }

  close(): void {
    this.#chunks.clear();
    this.#byJob.clear();
  }

  #remember(ids: readonly JobId[], at: number): void {
    for (const [id, before] of this.#forgotten) {
      if (before >= at - limits.logForgottenMs) break;
      this.#forgotten.delete(id);
    }
    for (const id of ids) this.#forgotten.delete(id);
    for (const id of ids) this.#forgotten.set(id, at);
  }

  #keep(chunk: KeptChunk): void {
    this.#chunks.set(chunk.no, chunk);
    this.#bytes += chunk.bytes;
    const kept = this.#byJob.get(chunk.id);
    if (kept === undefined) this.#byJob.set(chunk.id, [chunk]);
    else kept.push(chunk);
  }

  #oldest(count: number): KeptChunk[] {
    const oldest: KeptChunk[] = [];
    for (const chunk of this.#chunks.values()) {
      if (oldest.length === count) break;
      oldest.push(chunk);
    }
    return oldest;
  }

  #drop(chunks: readonly KeptChunk[]): number {
    let lines = 0;
    for (const chunk of chunks) {
      this.#chunks.delete(chunk.no);
      this.#bytes -= chunk.bytes;
      lines += chunk.lines;
      const left = this.#byJob.get(chunk.id)?.filter((other) => other.no !== chunk.no) ?? [];
      if (left.length === 0) this.#byJob.delete(chunk.id);
      else this.#byJob.set(chunk.id, left);
    }
    return lines;
  }
}
