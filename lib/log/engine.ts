import type { JobId } from "../job/job.ts";
import type { LogChunk, TimeRange } from "./chunk.ts";
import type { LogPlace } from "./cursor.ts";
import type { SearchPage, SearchQuery } from "./search.ts";

/**
 * What keeps the lines, synchronously and in bounded steps: the port's promises are put around it,
 * in the caller's thread or in one of its own. Holds one namespace. Throws ErgateErrors.
 */
export interface LogEngine {
  /** Keeps all the chunks, in order, or none of them. */
  append(chunks: readonly LogChunk[]): void;
  read(query: ChunkQuery): ChunkPage;
  /** One bounded look for lines, the newest first. */
  search(query: SearchQuery): SearchPage;
  /**
   * Deletes chunks of the ids in order, at most a commit's worth. With `at`, their lines up to then
   * are not kept either when they come later.
   */
  forget(ids: readonly JobId[], at: number | undefined): Forgotten;
  /** Deletes the oldest chunks, at most `limit`, while they are too old or too many. */
  prune(bounds: PruneBounds, limit: number): Pruned;
  close(): void;
}

/** `tail`: the last lines, and `from` does not count. */
export interface ChunkQuery {
  readonly id: JobId;
  readonly attempt: number | undefined;
  readonly from: LogPlace;
  readonly lines: number;
  readonly tail: boolean;
  readonly times: TimeRange;
}

/** Whole chunks in order, as flat arrays that cross a port cheaply. */
export interface ChunkPage {
  nos: number[];
  attempts: number[];
  ats: number[];
  counts: number[];
  bodies: string[];
  /** Lines of the first chunk that come before the page. */
  skip: number;
  /** Whether chunks follow the last one. */
  more: boolean;
}

export interface Forgotten {
  readonly lines: number;
  /** Ids from the first on of which nothing is left. */
  readonly done: number;
}

export interface PruneBounds {
  /** Chunks whose last line is older go. Milliseconds since the epoch. */
  readonly before: number;
  /** Past it the oldest go. `Infinity`: no bound. */
  readonly bytesMax: number;
}

export interface Pruned {
  readonly chunks: number;
  readonly lines: number;
  /** Whether more is past the bounds. */
  readonly more: boolean;
  /** What the namespace holds now. */
  readonly bytes: number;
}

export interface KeptChunk extends LogChunk {
  readonly no: number;
}

/** How many of the oldest chunks, given in order, are past the bounds. */
export function pastBounds(
  oldest: Iterable<{ lastAt: number; bytes: number }>,
  bounds: PruneBounds,
  bytesKept: number,
): number {
  let bytes = bytesKept;
  let count = 0;
  for (const chunk of oldest) {
    if (chunk.lastAt >= bounds.before && bytes <= bounds.bytesMax) break;
    bytes -= chunk.bytes;
    count++;
  }
  return count;
}
