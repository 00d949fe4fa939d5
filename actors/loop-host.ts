import type { LockKeeper, LockScope } from "../lib/client/lock-keeper.ts";
import type { HandlerEnqueue, HandlerEnqueueOptions, JobLog } from "../lib/job/context.ts";
import type { ClaimedJob, NewJob } from "../lib/job/job.ts";
import { type Lease, type LockOptions, parseLockCall } from "../lib/job/lock.ts";
import type { LoopRun } from "../lib/job/loop.ts";
import type { ContextTools, RunContext } from "../lib/job/run-context.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import { RunLog } from "../lib/log/run-log.ts";
import type { HeldLock } from "../lib/protocol/lock.ts";
import { checkFollower } from "./duplicate.ts";
import type { Enqueuer } from "./enqueuer.ts";
import { noLocks } from "./freshness.ts";
import type { Notes } from "./notes.ts";

interface LoopHostParts {
  collector: LogCollector;
  notes: Notes;
  enqueuer: Enqueuer;
  locks: LockKeeper;
}

/** What a loop run's `ctx` reaches outside of itself. */
export class LoopHost implements ContextTools {
  readonly #parts: LoopHostParts;
  readonly #stopping = new AbortController();
  readonly #locks = new WeakMap<RunContext, LockScope>();
  readonly #followers = new WeakMap<RunContext, NewJob[]>();
  /** What the runtime's `context` made. */
  base: unknown;

  constructor(parts: LoopHostParts) {
    this.#parts = parts;
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  stop(): void {
    this.#stopping.abort();
  }

  log(job: ClaimedJob): JobLog {
    return this.#parts.collector.run(job.id, job.attempt);
  }

  note(run: RunContext, progress: number | undefined, checkIn: string | undefined): void {
    this.#parts.notes.note(run.job.seq, run.job.fence, progress, checkIn);
  }

  enqueue(run: RunContext, ...call: Parameters<HandlerEnqueue>): ReturnType<HandlerEnqueue> {
    const [job, args, options] = call as [string, unknown, HandlerEnqueueOptions | undefined];
    if (options?.with !== "result") {
      const receipt = this.#parts.enqueuer.one(job, args, options, run.job);
      return receipt as unknown as ReturnType<HandlerEnqueue>;
    }
    const add = (made: NewJob) => {
      checkFollower(made);
      const own = this.#followers.get(run);
      if (own === undefined) this.#followers.set(run, [made]);
      else own.push(made);
      return undefined;
    };
    const made = this.#parts.enqueuer.prepare(job, args, options, run.job);
    const added = made instanceof Promise ? made.then(add) : Promise.resolve(add(made));
    return added as unknown as ReturnType<HandlerEnqueue>;
  }

  async lock(run: RunContext, name: string, options: LockOptions | undefined): Promise<Lease> {
    const asked = parseLockCall(name, options);
    const own = this.#locks.get(run) ?? { jobId: run.id, leases: new Set(), over: false };
    this.#locks.set(run, own);
    return this.#parts.locks.acquire({ ...asked, signal: asked.signal ?? run.signal }, own);
  }

  /**
   * What the run still holds, to be freed by the commit that settles it. `lost`: why its handler,
   * which goes on, holds it no longer.
   */
  locksOf({ context }: LoopRun, lost?: string): readonly HeldLock[] {
    const own = this.#locks.get(context);
    if (own === undefined) return noLocks;
    own.over = true;
    return [...own.leases].flatMap((lease) => lease.handOver(lost));
  }

  /** The run is over, and its job was settled without it. */
  freeLocks({ context }: LoopRun): void {
    const own = this.#locks.get(context);
    if (own === undefined) return;
    own.over = true;
    for (const lease of [...own.leases]) void lease.release();
  }

  followersOf(run: LoopRun): readonly NewJob[] {
    return this.#followers.get(run.context) ?? none;
  }

  /** The last note and the log's end go before the run's end. */
  beforeEnd(run: LoopRun): void {
    this.#parts.notes.end(run.job.seq);
    const log = run.context.usedLog;
    if (log instanceof RunLog) log.end();
  }
}

const none: readonly NewJob[] = [];
