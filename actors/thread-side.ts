import type { Clock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import type { ClaimedJob } from "../lib/job/job.ts";
import type { Registry } from "../lib/job/registry.ts";
import type { DispatcherMessage } from "../lib/protocol/dispatcher.ts";
import type { PoolMessage, ThreadAsk } from "../lib/protocol/pool.ts";
import type { Demand, Entry } from "../lib/protocol/write.ts";
import type { ThreadPool } from "../lib/thread/thread.ts";
import { announceRunning } from "./announce.ts";
import { noLocks } from "./freshness.ts";
import type { Surroundings } from "./links.ts";
import type { RunLines } from "./run-lines.ts";
import type { Settler } from "./settler.ts";

export interface ThreadSideParts extends Surroundings {
  clock: Clock;
  registry: Registry;
  lines: RunLines | undefined;
  threads: Pick<ThreadPool, "room" | "expectedMs" | "stats" | "running">;
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
  /** For the pool, behind what was gathered; what it had no room for comes before that. */
  #wishes: PoolMessage[] = [];
  #untold: PoolMessage[] = [];
  /** How many are held that were claimed ahead and not marked as entered. */
  #unmarked = 0;
  readonly #marked = new Set<number>();
  /** In their handlers when it was looked last, at `#lookedMs`. */
  #seen: ReadonlySet<number> = new Set();
  #lookedMs = 0;
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
    if (job.ahead) this.#unmarked++;
    this.#parts.lines?.started(job);
    announceRunning(this.#parts, job, this.#parts.clock.now());
  }

  /** Hands what was taken to the pool, in one message. False: it has no room for all of it. */
  flush(): boolean {
    if (this.#gathered.length > 0) this.#untold.push({ type: "run", jobs: this.#gathered });
    this.#gathered = [];
    this.#untold.push(...this.#wishes.splice(0));
    while (this.#untold.length > 0) {
      if (!this.#parts.links.pool.tell(this.#untold[0] as PoolMessage)) return false;
      this.#untold.shift();
    }
    return true;
  }

  demand(): Demand {
    const { threads } = this.#parts;
    const names = this.#names;
    if (names.length === 0 || this.#gathered.length + this.#untold.length > 0) {
      return { names, slots: 0, ahead: [], suspect: false };
    }
    const slots = Math.max(0, threads.room() - this.#onTheWay());
    const ahead: { name: string; count: number }[] = [];
    for (const name of names) {
      const count = this.#ahead(name) - slots;
      // Half of what may wait, or a batch, at least: a claim a job is a commit a job.
      const least = Math.min(this.#heldOf.get(name) ?? 0, limits.threadClaimJobs);
      if (count > 0 && count >= least) ahead.push({ name, count });
    }
    return { names, slots, ahead, suspect: true };
  }

  /** Told to the pool and not there yet, or ended there and not heard of: both take room. */
  #onTheWay(): number {
    const { flying, waiting } = this.#parts.threads.stats();
    return this.#held.size - flying - waiting;
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
      const job = this.#held.get(end.key);
      if (job === undefined || job.fence !== end.fence) continue;
      this.#letGo(job);
      const { startedAt, finishedAt, ranMs, ending, asked, reason, followers } = end;
      this.#settler.end({
        job,
        definition: this.#parts.registry.get(job.name),
        startedAt,
        finishedAt,
        runMs: ranMs,
        ending,
        asked,
        reason,
        followers,
        locks: noLocks,
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

  ask(asks: readonly ThreadAsk[]): void {
    const own = asks.filter(({ seq, fence }) => this.#held.get(seq)?.fence === fence);
    if (own.length > 0) this.#wishes.push({ type: "ask", asks: own });
  }

  /** What was claimed and not entered goes back, in one commit. */
  giveBackOf(queues: readonly string[] | undefined): void {
    if (this.#held.size > 0) this.#wishes.push({ type: "giveBack", queues });
  }

  abortAll(reason: string): void {
    this.ask(
      [...this.#held.values()].map(({ seq, fence }) => ({ seq, fence, ...shutdown, reason })),
    );
  }

  /** The pool kills what is left; whatever it still answers finds no job here. */
  abandonAll(): void {
    const entered = new Set(this.#parts.threads.running().map(({ key }) => key));
    this.#wishes.push({ type: "kill" });
    for (const job of this.#held.values()) this.#settler.release(job, entered.has(job.seq));
    this.#held.clear();
    this.#heldOf.clear();
    this.#marked.clear();
    this.#unmarked = 0;
  }

  /**
   * Runs claimed ahead that were in their handlers at the last look too, `enterMarkMs` ago or more:
   * a crash may suspect them now.
   */
  marks(): Entry[] {
    const now = this.#parts.clock.monotonic();
    if (!this.marksDue || now - this.#lookedMs < limits.enterMarkMs) return [];
    this.#lookedMs = now;
    const running = this.#parts.threads.running();
    const still = running.filter(({ key, fence }) => this.#seen.has(key) && this.#mark(key, fence));
    this.#seen = new Set(running.map(({ key }) => key));
    return still.map(({ key, fence, startedAt }) => ({ seq: key, fence, startedAt }));
  }

  get marksDue(): boolean {
    return this.#unmarked > 0;
  }

  #mark(seq: number, fence: number): boolean {
    const job = this.#held.get(seq);
    if (job?.fence !== fence || !job.ahead || this.#marked.has(seq)) return false;
    this.#marked.add(seq);
    this.#unmarked--;
    return true;
  }

  #letGo(job: ClaimedJob): void {
    this.#held.delete(job.seq);
    if (job.ahead && !this.#marked.delete(job.seq)) this.#unmarked--;
    this.#heldOf.set(job.name, (this.#heldOf.get(job.name) ?? 1) - 1);
  }
}

const shutdown = { ask: "shutdown" } as const;
