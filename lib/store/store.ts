import type { Durability } from "../job/job.ts";
import type { Query, QueryAnswers } from "../protocol/query.ts";
import type { Write, WriteAnswer } from "../protocol/write.ts";

/**
 * The storage port. Async, and it assumes no single process: what another process on the same
 * storage does may happen between any two calls.
 */
export interface JobStore {
  readonly durability: Durability;
  /**
   * Does the writes in order in one transaction and answers each. Rejects with an ErgateError, and
   * then nothing of the batch was done.
   */
  apply(batch: readonly Write[]): Promise<readonly WriteAnswer[]>;
  read<Q extends Query>(query: Q): Promise<QueryAnswers[Q["type"]]>;
  /**
   * Calls `ring` after another process changed the storage, soon and perhaps too often. Returns the
   * end of it.
   */
  watch(ring: () => void): () => void;
  /**
   * A consistent copy to `file`, made while others write. Throws ERR_ERGATE_STORE_OPEN where it
   * exists.
   */
  backup(file: string): Promise<void>;
  close(): Promise<void>;
}
