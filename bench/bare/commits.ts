import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { sibling } from "../../lib/base/sibling.ts";
import type { Durability } from "../../lib/job/job.ts";

/**
 * A bare group commit: rows of two texts into a table without an index, in a thread. What comes
 * while a transaction is under way goes with the next one.
 */
export class BareCommits {
  readonly #worker: Worker;
  #rows: (readonly [id: string, args: string])[] = [];
  #wakes: (() => void)[] = [];
  #committing: readonly (() => void)[] = [];

  static async open(folder: string, durability: Durability): Promise<BareCommits> {
    const workerData = { folder, durability };
    const worker = new Worker(sibling(import.meta.url, "./bench-commit-entry"), { workerData });
    await once(worker, "message");
    return new BareCommits(worker);
  }

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", () => {
      const committed = this.#committing;
      this.#committing = [];
      this.#send();
      for (const wake of committed) wake();
    });
  }

  /** Resolves after the commit. */
  insert(id: string, args: string): Promise<void> {
    return new Promise((resolve) => {
      this.#rows.push([id, args]);
      this.#wakes.push(resolve);
      // After the rest of this tick's calls.
      if (this.#rows.length === 1) queueMicrotask(() => this.#send());
    });
  }

  #send(): void {
    if (this.#committing.length > 0 || this.#rows.length === 0) return;
    this.#committing = this.#wakes;
    this.#worker.postMessage(this.#rows);
    this.#wakes = [];
    this.#rows = [];
  }
}
