import { limits } from "../base/limits.ts";
import type { JobId } from "../job/job.ts";

/** One deletion of jobs whose lines are to go. */
export interface Forget {
  readonly ids: readonly JobId[];
  /**
   * When the jobs were deleted: other processes may have lines of them on the way. Undefined for
   * jobs that ended too long ago for that.
   */
  readonly at: number | undefined;
}

interface Waiting extends Forget {
  done(): void;
}

/**
 * Deleted jobs whose lines have not gone yet. They wait beside the sink, so that one that crashed
 * and came back goes on where it was.
 */
export class Forgets {
  #waiting: Waiting[] = [];
  #ids = 0;

  get size(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves when the lines are gone, or were given up. Undefined: `limits.logForgets` jobs wait
   * already, and the lines go when they are old.
   */
  add(ids: readonly JobId[], at: number | undefined): Promise<void> | undefined {
    if (this.#ids + ids.length > limits.logForgets) return undefined;
    this.#ids += ids.length;
    return new Promise((done) => this.#waiting.push({ ids, at, done }));
  }

  next(): Forget | undefined {
    return this.#waiting[0];
  }

  /** The next one is done, or given up. */
  done(): void {
    const gone = this.#waiting.shift();
    this.#ids -= gone?.ids.length ?? 0;
    gone?.done();
  }
}
