import type { Clock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import type { ClaimedJob } from "../lib/job/job.ts";
import type { Registry } from "../lib/job/registry.ts";
import type { DispatcherMessage } from "../lib/protocol/dispatcher.ts";
import type { Demand } from "../lib/protocol/write.ts";
import type { ThreadPool } from "../lib/thread/thread.ts";
import { announceRunning } from "./announce.ts";
import type { Surroundings } from "./links.ts";
import type { Settler } from "./settler.ts";

export interface ThreadSideParts extends Surroundings {
  clock: Clock;
  registry: Registry;
  threads: Pick<ThreadPool, "room" | "expectedMs" | "stats">;
}

/**
 * The dispatcher's half for handlers in threads: which jobs the pool holds, and what it has room
 * for.
 */
export class ThreadSide {
  readonly #parts: ThreadSideParts;
  readonly #settler: Settler;
  readonly #held = new Map<number, ClaimedJob>();
  /** Claimed, and not yet with the pool: its room is read before they arrive there. */
  #gathered: ClaimedJob[] = [];
  #names: readonly string[] = [];
  readonly #heldOf = new Map<string, number>();

  constructor(parts: ThreadSideParts, settler: Settler) {
    this.#parts = parts;
    this.#settler = settler;
    this.refresh();
  }

  get active(): number {
    return this.#held.size;
  }

  take(job: ClaimedJob): void {
    this.#held.set(job.seq, job);
    this.#heldOf.set(job.name, (this.#heldOf.get(job.name) ?? 0) + 1);
    this.#gathered.push(job);
    announceRunning(this.#parts, job, this.#parts.clock.now());
  }

  /** Hands what was taken to the pool, in one message. */
  flush(): void {
    if (this.#gathered.length === 0) return;
    if (this.#parts.links.pool.tell({ type: "run", jobs: this.#gathered })) this.#gathered = [];
  }

  demand(): Demand {
    const { threads } = this.#parts;
    const names = this.#names;
    if (names.length === 0 || this.#gathered.length > 0) {
      return { names, slots: 0, ahead: [], suspect: false };
    }
    const slots = Math.min(threads.room(), limits.claimRows);
    const ahead: { name: string; count: number }[] = [];
    for (const name of names) {
      const count = Math.min(this.#ahead(name), limits.claimRows) - slots;
      // Half of what may wait, or a batch, at least: a claim a job is a commit a job.
      const least = Math.min(this.#heldOf.get(name) ?? 0, limits.threadClaimJobs);
      if (count > 0 && count >= least) ahead.push({ name, count });
    }
    return { names, slots, ahead, suspect: true };
  }

  /**
   * How many more of a job make up the work that may wait for each thread. One batch a thread was
   * too few: with jobs of 1 ms the threads stood idle for two of three commits.
   */
  #ahead(name: string): number {
    const { threads } = this.#parts;
    const expectedMs = threads.expectedMs(name);
    if (expectedMs === undefined) return 0;
    const each = Math.floor(limits.prefetchMs / Math.max(expectedMs, 1e-3));
    const most = Math.min(limits.prefetchJobs, each * threads.stats().threads);
    return most - (this.#heldOf.get(name) ?? 0);
  }

  /** Names were registered. */
  refresh(): void {
    const named = this.#parts.registry.all().filter(({ thread }) => thread !== undefined);
    this.#names = named.map(({ name }) => name);
  }

  ended({ endings }: Extract<DispatcherMessage, { type: "threadEnded" }>): void {
    for (const end of endings) {
      const job = this.#held.get(end.seq);
      if (job === undefined || job.fence !== end.fence) continue;
      this.#letGo(job);
      const { startedAt, finishedAt, ending, asked, reason, followers } = end;
      this.#settler.end({
        job,
        definition: this.#parts.registry.get(job.name),
        startedAt,
        finishedAt,
        runMs: finishedAt - startedAt,
        ending,
        asked,
        reason,
        followers,
      });
    }
  }

  returned({ seqs }: Extract<DispatcherMessage, { type: "threadReturned" }>): void {
    for (const seq of seqs) {
      const job = this.#held.get(seq);
      if (job === undefined) continue;
      this.#letGo(job);
      this.#settler.release(job, false);
    }
  }

  ask(seq: number, fence: number, ask: "stop" | "cancel", reason: string): boolean {
    if (this.#held.get(seq)?.fence !== fence) return false;
    return this.#parts.links.pool.tell({ type: "ask", seq, fence, ask, reason });
  }

  abortAll(reason: string): void {
    for (const { seq, fence } of this.#held.values()) {
      this.#parts.links.pool.tell({ type: "ask", seq, fence, ask: "shutdown", reason });
    }
  }

  /** The pool kills what is left; whatever it still answers finds no job here. */
  abandonAll(): void {
    this.#parts.links.pool.tell({ type: "kill" });
    for (const job of this.#held.values()) this.#settler.release(job, true);
    this.#held.clear();
    this.#heldOf.clear();
  }

  #letGo(job: ClaimedJob): void {
    this.#held.delete(job.seq);
    this.#heldOf.set(job.name, (this.#heldOf.get(job.name) ?? 1) - 1);
  }
}
