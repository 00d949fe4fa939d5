import { limits } from "../base/limits.ts";
import { Ring } from "../base/ring.ts";
import type { LogChunk } from "./chunk.ts";

/** Sealed chunks in the order of storing, and the batch of them that is under way. */
export class Batches {
  /** Bounded by the pending bytes, and by what waiting senders may have on the way. */
  readonly #sealed = new Ring<LogChunk>(Number.POSITIVE_INFINITY);
  #batch: LogChunk[] = [];
  /** What comes before the sealed ones: the other half of a batch. */
  #rest: LogChunk[] = [];
  #lines = 0;

  /** The batch under way; empty when there is none. */
  get batch(): readonly LogChunk[] {
    return this.#batch;
  }

  /** In the batch under way. */
  get lines(): number {
    return this.#lines;
  }

  push(chunk: LogChunk): void {
    this.#sealed.push(chunk);
  }

  /** Begins the next batch. */
  take(): readonly LogChunk[] {
    this.#batch = this.#rest.length > 0 ? this.#rest : this.#gathered();
    this.#rest = [];
    this.#lines = linesOf(this.#batch);
    return this.#batch;
  }

  /** Makes two batches of the one under way. Returns the lines that wait again. */
  halve(): number {
    const rest = this.#batch.splice(Math.ceil(this.#batch.length / 2));
    this.#rest = [...rest, ...this.#rest];
    const lines = linesOf(rest);
    this.#lines -= lines;
    return lines;
  }

  /** Ends the batch under way. */
  leave(): readonly LogChunk[] {
    const left = this.#batch;
    this.#batch = [];
    this.#lines = 0;
    return left;
  }

  #gathered(): LogChunk[] {
    const batch: LogChunk[] = [];
    let bytes = 0;
    while (batch.length < limits.batchRows && bytes < limits.batchBytes) {
      const chunk = this.#sealed.shift();
      if (chunk === undefined) break;
      batch.push(chunk);
      bytes += chunk.bytes;
    }
    return batch;
  }
}

function linesOf(chunks: readonly LogChunk[]): number {
  return chunks.reduce((sum, { lines }) => sum + lines, 0);
}
