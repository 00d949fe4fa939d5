import { ErgateError } from "../base/error.ts";
import { Backlog, type Entry } from "./backlog.ts";
import { batchSize, Pace } from "./batch.ts";
import { Fleet } from "./fleet.ts";
import type { Flight } from "./flight.ts";
import { type EndedEntry, lostEnding, unloadable } from "./landing.ts";
import type {
  AskAnswer,
  RunningThread,
  ThreadJob,
  ThreadModule,
  ThreadPool,
  ThreadPoolOptions,
  ThreadStats,
} from "./thread.ts";

/** Threads that run batches of jobs. None starts before the first `load` or `run`. */
export function threadPool(options: ThreadPoolOptions): ThreadPool {
  return new Pool(options);
}

class Pool implements ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #pace = new Pace();
  readonly #backlog = new Backlog(this.#pace);
  readonly #entries = new Map<number, Entry>();
  readonly #fleet: Fleet;
  #loads: Promise<void> = Promise.resolve();
  #ended = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    this.#fleet = new Fleet(options, {
      ended: (ended) => this.#tellEnded(ended),
      again: (entries) => this.#again(entries),
      crashed: (lost, left, cause) => this.#crashed(lost, left, cause),
      free: () => this.#dispatch(),
    });
  }

  async start(modules: readonly ThreadModule[]): Promise<void> {
    for (const module of modules) await this.load(module);
  }

  /** One after another: they share a slot, by which a thread is ended whose module hangs. */
  load(module: ThreadModule): Promise<void> {
    const load = this.#loads.then(() => this.#load(module));
    this.#loads = load.catch(() => {});
    return load;
  }

  expectedMs(name: string): number | undefined {
    return this.#pace.expectedMs(name);
  }

  room(name?: string): number {
    if (this.#closing !== undefined) return 0;
    const expectedMs = name === undefined ? undefined : this.expectedMs(name);
    const waiting = this.#backlog.size;
    const idle = this.#options.threads - this.#fleet.size;
    const room = expectedMs === undefined ? idle : this.#fleet.free * batchSize(expectedMs);
    return Math.max(0, room - waiting);
  }

  run(jobs: readonly ThreadJob[]): void {
    const refused: ThreadJob[] = [];
    for (const job of jobs) {
      const entry: Entry = {
        job,
        flight: undefined,
        at: 0,
        gone: false,
        asked: undefined,
        reason: "",
      };
      if (this.#closing !== undefined || !this.#backlog.push(entry)) refused.push(job);
      else this.#entries.set(job.key, entry);
    }
    this.#dispatch();
    if (refused.length > 0) this.#options.events.returned(refused);
  }

  ask(key: number, fence: number, asked: Parameters<Flight["ask"]>[1], reason: string): AskAnswer {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.job.fence !== fence) return "unknown";
    if (this.#withdraw(entry)) return "withdrawn";
    entry.flight?.ask(entry, asked, reason);
    return "running";
  }

  running(): readonly RunningThread[] {
    return this.#fleet.running();
  }

  withdraw(chosen: (job: ThreadJob) => boolean): readonly ThreadJob[] {
    const entries = [...this.#entries.values()].filter(({ job }) => chosen(job));
    return entries.filter((entry) => this.#withdraw(entry)).map(({ job }) => job);
  }

  stopping(): void {
    this.#fleet.stopping();
  }

  stats(): ThreadStats {
    return {
      threads: this.#options.threads,
      alive: this.#fleet.alive,
      flying: this.#entries.size - this.#backlog.size,
      waiting: this.#backlog.size,
      ended: this.#ended,
      ...this.#fleet.counts,
    };
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= Promise.resolve().then(() => this.#close(graceMs));
    return this.#closing;
  }

  #close(graceMs: number): Promise<void> {
    this.stopping();
    this.#again(this.#backlog.clear());
    return this.#fleet.end(graceMs);
  }

  async #load(module: ThreadModule): Promise<void> {
    if (this.#closing !== undefined) {
      throw new ErgateError("ERR_ERGATE_STOPPED", "the pool of threads is closed");
    }
    try {
      await this.#fleet.load(module.url);
    } catch (cause) {
      throw unloadable(module, cause);
    }
  }

  #dispatch(): void {
    while (this.#closing === undefined && this.#backlog.size > 0 && this.#fleet.free > 0) {
      this.#fleet.fly(this.#backlog.batch());
    }
  }

  #tellEnded(ended: readonly EndedEntry[]): void {
    if (ended.length === 0) return;
    for (const { entry, told } of ended) {
      this.#forget(entry);
      this.#pace.note(entry.job.name, told.ranMs);
    }
    // Before the caller hears of it: its thread is waiting for the next batch.
    this.#dispatch();
    this.#ended += ended.length;
    this.#options.events.ended(ended.map(({ told }) => told));
  }

  /** What was not entered runs in another thread, or goes back once the pool closes. */
  #again(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    if (this.#closing === undefined) this.#backlog.again(entries);
    else this.#giveBack(entries);
  }

  #crashed(lost: readonly Entry[], left: readonly Entry[], cause: unknown): void {
    const endings = lost.map((entry) => lostEnding(entry, cause, this.#options.clock.now()));
    for (const entry of lost) this.#forget(entry);
    this.#ended += endings.length;
    if (endings.length > 0) this.#options.events.ended(endings);
    this.#giveBack(left);
  }

  #giveBack(entries: readonly Entry[]): void {
    for (const entry of entries) this.#forget(entry);
    if (entries.length > 0) this.#options.events.returned(entries.map((entry) => entry.job));
  }

  /** False: it was entered. */
  #withdraw(entry: Entry): boolean {
    if (entry.flight === undefined) this.#backlog.remove(entry);
    else if (!entry.flight.withdraw(entry)) return false;
    this.#forget(entry);
    return true;
  }

  #forget(entry: Entry): void {
    entry.gone = true;
    this.#entries.delete(entry.job.key);
  }
}
