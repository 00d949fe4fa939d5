import type { Clock } from "../base/clock.ts";
import { type Ending, runError } from "../job/ending.ts";
import { returnedEnding, thrownEnding } from "../job/loop.ts";
import type { Middlewares } from "../job/middleware.ts";
import { askedError } from "../job/run-context.ts";
import type { LazyThreads } from "./lazy.ts";
import type {
  AskAnswer,
  RunningThread,
  ThreadEnding,
  ThreadEvents,
  ThreadJob,
  ThreadModule,
  ThreadPool,
  ThreadStats,
} from "./thread.ts";
import { WrappedRun, type WrappedTools } from "./wrapped-run.ts";

export interface WrappedOptions {
  clock: Clock;
  middlewares: Middlewares;
  flushLog(): Promise<void>;
}

/**
 * The threads, with a runtime's middlewares around each run. They run in the host; without one,
 * jobs pass as they are. All of a batch go up to their `next()`, and who came there in one turn
 * goes on to the threads together.
 */
export class WrappedThreads implements ThreadPool {
  readonly #threads: LazyThreads;
  readonly #options: WrappedOptions;
  readonly #tools: WrappedTools;
  /** By key, until their end is told. */
  readonly #runs = new Map<number, WrappedRun>();
  /** Runs whose middlewares have not come to an end, those that are over too. */
  readonly #open = new Set<WrappedRun>();
  #listener: ThreadEvents | undefined;
  #ready: ThreadJob[] = [];
  #done: ThreadEnding[] = [];
  #flushing = false;

  constructor(threads: LazyThreads, options: WrappedOptions) {
    this.#threads = threads;
    this.#options = options;
    this.#tools = {
      clock: options.clock,
      flushLog: options.flushLog,
      line: (line) => this.#listener?.lines([line], () => undefined),
      overdue: (run) => this.#overdue(run),
    };
  }

  listen(events: ThreadEvents): void {
    this.#listener = events;
    this.#threads.listen({
      ...events,
      ended: (endings) => this.#landed(events, endings),
      returned: (jobs) => {
        for (const { key } of jobs) this.#withdraw(key);
        events.returned(jobs);
      },
    });
  }

  run(jobs: readonly ThreadJob[]): void {
    if (this.#options.middlewares.size === 0) return this.#threads.run(jobs);
    for (const job of jobs) this.#begin(job);
    this.#flush();
  }

  /** A run that waits before or after its thread keeps a place, as one inside does. */
  room(name?: string): number {
    return Math.max(0, this.#threads.room(name) - this.#outside());
  }

  /** Those in their middlewares too: what they do may end the process as a handler may. */
  running(): readonly RunningThread[] {
    const running = this.#threads.running();
    if (this.#runs.size === 0) return running;
    const outside = [...this.#runs.values()].filter(({ phase }) => phase !== "inside");
    return [
      ...running,
      ...outside.map(({ job: { key, fence }, startedAt }) => ({ key, fence, startedAt })),
    ];
  }

  withdraw(chosen: (job: ThreadJob) => boolean): readonly ThreadJob[] {
    const jobs = this.#threads.withdraw(chosen);
    for (const { key } of jobs) this.#withdraw(key);
    return jobs;
  }

  ask(...call: Parameters<ThreadPool["ask"]>): AskAnswer {
    const [key, fence, asked, reason] = call;
    const run = this.#runs.get(key);
    if (run === undefined || run.job.fence !== fence) return this.#threads.ask(...call);
    const inside = run.phase === "inside";
    const answer = inside ? this.#threads.ask(...call) : "running";
    if (answer === "withdrawn") this.#withdraw(key);
    else run.ask(asked, reason);
    return answer;
  }

  start(modules: readonly ThreadModule[]): Promise<void> {
    return this.#threads.start(modules);
  }

  load(module: ThreadModule): Promise<void> {
    return this.#threads.load(module);
  }

  expectedMs(name: string): number | undefined {
    return this.#threads.expectedMs(name);
  }

  stopping(): void {
    this.#threads.stopping();
  }

  stats(): ThreadStats {
    const stats = this.#threads.stats();
    return this.#open.size === 0 ? stats : { ...stats, flying: stats.flying + this.#outside() };
  }

  close(graceMs: number): Promise<void> {
    return this.#threads.close(graceMs);
  }

  #outside(): number {
    let outside = 0;
    for (const { phase } of this.#open) if (phase !== "inside") outside++;
    return outside;
  }

  #begin(job: ThreadJob): void {
    const run = new WrappedRun(job, this.#tools);
    this.#runs.set(job.key, run);
    this.#open.add(run);
    const enter = () => {
      const entered = run.enter();
      this.#ready.push(entered.job);
      this.#flushSoon();
      return entered.ended;
    };
    this.#options.middlewares.run(run, enter).then(
      (result) => this.#ended(run, returnedEnding(result)),
      (error: unknown) => this.#ended(run, thrownEnding(error)),
    );
  }

  #landed(events: ThreadEvents, endings: readonly ThreadEnding[]): void {
    if (this.#runs.size === 0) return events.ended(endings);
    const plain: ThreadEnding[] = [];
    for (const ending of endings) {
      const run = this.#runs.get(ending.key);
      if (run === undefined || run.job.fence !== ending.fence) plain.push(ending);
      else run.landed(ending);
    }
    if (plain.length > 0) events.ended(plain);
  }

  /** Its middlewares came to an end. */
  #ended(run: WrappedRun, ending: Ending): void {
    this.#open.delete(run);
    if (run.phase !== "over") this.#tell(run, ending);
  }

  /** Its job is settled without its middlewares, which keep their place until they end. */
  #overdue(run: WrappedRun): void {
    const thrown = askedError(run.asked ?? "stop", run.reason);
    this.#tell(run, { type: "threw", error: runError(thrown), thrown });
  }

  #tell(run: WrappedRun, ending: Ending): void {
    run.over();
    const { job, startedAt, asked, reason } = run;
    const { key, fence } = job;
    this.#runs.delete(key);
    const finishedAt = Math.max(startedAt, this.#options.clock.now());
    const ranMs = finishedAt - startedAt;
    const followers = run.ending?.followers ?? [];
    this.#done.push({ key, fence, startedAt, finishedAt, ranMs, ending, asked, reason, followers });
    this.#flushSoon();
  }

  #withdraw(key: number): void {
    this.#runs.get(key)?.withdrawn();
    this.#runs.delete(key);
  }

  /** What came in one turn goes on together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const [ready, done] = [this.#ready, this.#done];
    this.#ready = [];
    this.#done = [];
    if (ready.length > 0) this.#threads.run(ready);
    if (done.length > 0) this.#listener?.ended(done);
  }
}
