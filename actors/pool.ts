import { limits } from "../lib/base/limits.ts";
import { runError } from "../lib/job/ending.ts";
import type { ClaimedJob, NewJob } from "../lib/job/job.ts";
import type { Registry } from "../lib/job/registry.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import type { RunLog } from "../lib/log/run-log.ts";
import type { EndedThreadRun } from "../lib/protocol/dispatcher.ts";
import type { PoolMessage, ThreadAsk } from "../lib/protocol/pool.ts";
import type {
  Follower,
  ThreadEnding,
  ThreadEnqueue,
  ThreadEvents,
  ThreadJob,
  ThreadLine,
  ThreadPool,
} from "../lib/thread/thread.ts";
import type { Parent } from "./duplicate.ts";
import type { Surroundings } from "./links.ts";

export interface PoolParts extends Surroundings {
  threads: ThreadPool;
  /** Wires the threads to this incarnation. */
  listen(events: ThreadEvents): void;
  registry: Registry;
  collector: LogCollector;
  /** Makes the job that a thread's `ctx.enqueue(…, { with: "result" })` asked for. */
  prepare(follower: Follower, parent: Parent | undefined): NewJob;
  /** The parent is unknown where the run has ended meanwhile, or this actor began anew. */
  enqueue(call: ThreadEnqueue, parent: Parent | undefined): void;
  notes: ThreadEvents["notes"];
  /** A run ends: its last note goes before its end. */
  beforeEnd(seq: number): void;
}

/** Owns the CPU threads. What ran there comes back to the dispatcher; lines go to the collector. */
export function poolActor(parts: PoolParts): Actor<PoolMessage> {
  return {
    mailbox: { capacity: limits.poolMailbox, overflow: "reject" },
    setup: (ctx) => new Pool(parts, ctx),
  };
}

class Pool {
  readonly #parts: PoolParts;
  readonly #ctx: Context<PoolMessage>;
  #endings: EndedThreadRun[] = [];
  #returns: number[] = [];
  readonly #jobs = new Map<number, ClaimedJob>();
  /** Of the jobs that said something. */
  readonly #logs = new Map<number, RunLog>();

  constructor(parts: PoolParts, ctx: Context<PoolMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    parts.listen({
      ended: (endings) => this.#ended(endings),
      returned: (jobs) => this.#returned(jobs),
      lines: (lines, taken) => this.#lines(lines, taken),
      notes: parts.notes,
      enqueue: (calls) => {
        for (const call of calls) parts.enqueue(call, this.#jobs.get(call.key));
      },
    });
  }

  receive(message: PoolMessage): void {
    switch (message.type) {
      case "run":
        return this.#run(message.jobs);
      case "ask":
        return this.#ask(message.asks);
      case "giveBack":
        return this.#giveBackOf(message.queues);
      case "load":
        return this.#load(message);
      case "loaded":
        return this.#ctx.reply(message.reply, null);
      case "unloadable":
        return this.#ctx.refuse(message.reply, message.error as Error);
      case "stopping":
        return this.#parts.threads.stopping();
      case "hand":
        return this.#hand();
      case "kill":
        return this.#close(0);
      case "closed":
        return;
      default:
        message satisfies never;
    }
  }

  draining(done: () => void): void {
    void this.#parts.threads.close(0).then(done, done);
  }

  #run(jobs: readonly ClaimedJob[]): void {
    for (const job of jobs) {
      this.#jobs.set(job.seq, job);
      this.#logs.delete(job.seq);
    }
    this.#parts.threads.run(jobs.map((job) => this.#threadJob(job)));
  }

  #threadJob(job: ClaimedJob): ThreadJob {
    const definition = this.#parts.registry.get(job.name);
    const { id, name, queue, args, attempt, fence, tags, meta } = job;
    return {
      key: job.seq,
      fence,
      id,
      name,
      queue,
      args,
      attempt,
      tags,
      meta,
      url: definition?.thread?.href ?? "",
      timeoutMs: job.timeoutMs ?? definition?.timeoutMs,
      graceMs: definition?.graceMs ?? limits.jobGraceMs,
      alone: job.suspect,
      schedule: job.schedule,
    };
  }

  #ask(asks: readonly ThreadAsk[]): void {
    const withdrawn = asks.filter(
      ({ seq, fence, ask, reason }) =>
        this.#parts.threads.ask(seq, fence, ask, reason) === "withdrawn",
    );
    this.#back(withdrawn.map(({ seq }) => seq));
  }

  #giveBackOf(queues: readonly string[] | undefined): void {
    const chosen = ({ queue }: ThreadJob) => queues === undefined || queues.includes(queue);
    this.#back(this.#parts.threads.withdraw(chosen).map(({ key }) => key));
  }

  #load({ names, reply }: Extract<PoolMessage, { type: "load" }>): void {
    const modules = names.flatMap((name) => {
      const url = this.#parts.registry.get(name)?.thread?.href;
      return url === undefined ? [] : [{ name, url }];
    });
    this.#ctx.pipe(
      this.#parts.threads.start(modules),
      (): PoolMessage => ({ type: "loaded", reply }),
      (error): PoolMessage => ({ type: "unloadable", reply, error }),
    );
  }

  #ended(endings: readonly ThreadEnding[]): void {
    for (const ending of endings) this.#endings.push(this.#endOf(ending));
    this.#hand();
  }

  /** A result is never lost: what the dispatcher has no room for waits here. */
  #hand(): void {
    const { dispatcher } = this.#parts.links;
    const endings = this.#endings;
    if (endings.length > 0 && dispatcher.tell({ type: "threadEnded", endings })) this.#endings = [];
    const seqs = this.#returns;
    if (seqs.length > 0 && dispatcher.tell({ type: "threadReturned", seqs })) this.#returns = [];
    if (this.#endings.length + this.#returns.length === 0) return;
    this.#ctx.after("hand", limits.settleAgainMs, { type: "hand" });
  }

  /** Jobs go back to the dispatcher, all in one message. */
  #back(seqs: readonly number[]): void {
    for (const seq of seqs) this.#forget(seq);
    this.#returns.push(...seqs);
    this.#hand();
  }

  #endOf(end: ThreadEnding): EndedThreadRun {
    const job = this.#jobs.get(end.key);
    this.#logs.get(end.key)?.end();
    this.#forget(end.key);
    this.#parts.beforeEnd(end.key);
    // As it is: a batch ends many runs, and few of them enqueue.
    if (hasNoFollowers(end)) return end;
    try {
      const { prepare } = this.#parts;
      return { ...end, followers: end.followers.map((follower) => prepare(follower, job)) };
    } catch (thrown) {
      // What the run wanted to enqueue is refused: it has not done its work.
      const ending = { type: "threw" as const, error: runError(thrown), thrown };
      return { ...end, ending, followers: [] };
    }
  }

  #forget(seq: number): void {
    this.#jobs.delete(seq);
    this.#logs.delete(seq);
  }

  #returned(jobs: readonly ThreadJob[]): void {
    this.#back(jobs.map(({ key }) => key));
  }

  #lines(lines: readonly ThreadLine[], taken: () => void): void {
    const { collector } = this.#parts;
    for (const { key, fence, at, level, text } of lines) {
      const job = this.#jobs.get(key);
      if (job === undefined || job.fence !== fence) continue;
      const log = this.#logs.get(key) ?? collector.run(job.id, job.attempt);
      this.#logs.set(key, log);
      log.line(at, "log", level, text);
    }
    if (collector.behind()) void collector.room().then(taken);
    else taken();
  }

  #close(graceMs: number): void {
    const closed = (): PoolMessage => ({ type: "closed" });
    this.#ctx.pipe(this.#parts.threads.close(graceMs), closed, closed);
  }
}

function hasNoFollowers(end: ThreadEnding): end is ThreadEnding & { followers: readonly [] } {
  return end.followers.length === 0;
}
