import type { HandlerEnqueue, HandlerEnqueueOptions, JobLog } from "../lib/job/context.ts";
import type { ClaimedJob, NewJob } from "../lib/job/job.ts";
import type { LoopRun } from "../lib/job/loop.ts";
import type { ContextTools, RunContext } from "../lib/job/run-context.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import { RunLog } from "../lib/log/run-log.ts";
import { checkFollower } from "./duplicate.ts";
import type { Enqueuer } from "./enqueuer.ts";
import type { Notes } from "./notes.ts";

/** What a loop run's `ctx` reaches outside of itself. */
export class LoopHost implements ContextTools {
  readonly #parts: { collector: LogCollector; notes: Notes; enqueuer: Enqueuer };
  readonly #stopping = new AbortController();
  readonly #followers = new WeakMap<RunContext, NewJob[]>();
  /** What the runtime's `context` made. */
  base: unknown;

  constructor(parts: { collector: LogCollector; notes: Notes; enqueuer: Enqueuer }) {
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
