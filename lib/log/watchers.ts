import type { JobId } from "../job/job.ts";

/** Who wants to know when a line is added to the log of one job. */
export class Watchers {
  readonly #byJob = new Map<JobId, Set<() => void>>();

  /** Jobs that are watched. */
  get size(): number {
    return this.#byJob.size;
  }

  /** Calls back in the writer's stack. Returns the end of it. */
  watch(id: JobId, written: () => void): () => void {
    const watching = this.#byJob.get(id) ?? new Set();
    this.#byJob.set(id, watching.add(written));
    return () => {
      watching.delete(written);
      if (watching.size === 0) this.#byJob.delete(id);
    };
  }

  wake(id: JobId): void {
    for (const written of this.#byJob.get(id) ?? []) written();
  }
}
