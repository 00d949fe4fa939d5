import { assert } from "../base/assert.ts";
import type {
  AskAnswer,
  RunningThread,
  ThreadEvents,
  ThreadModule,
  ThreadPool,
  ThreadPoolOptions,
  ThreadStats,
} from "./thread.ts";

type LazyOptions = Omit<ThreadPoolOptions, "events">;

/** Makes a pool, loading its library first. */
export type MakeThreads = (options: ThreadPoolOptions) => Promise<ThreadPool>;

const piscinas: MakeThreads = async (options) => (await import("./pool.ts")).threadPool(options);

/**
 * A pool that is made, and its library loaded, when the first module is to be loaded: a runtime
 * without thread jobs starts without it.
 */
export class LazyThreads implements ThreadPool {
  readonly #options: LazyOptions;
  readonly #makeThreads: MakeThreads;
  #pool: ThreadPool | undefined;
  #making: Promise<ThreadPool> | undefined;
  #listener: ThreadEvents | undefined;
  #stops = false;
  #closed = false;

  constructor(options: LazyOptions, makeThreads: MakeThreads = piscinas) {
    this.#options = options;
    this.#makeThreads = makeThreads;
  }

  /** Sends what the threads tell to whoever listens now. */
  listen(events: ThreadEvents): void {
    this.#listener = events;
  }

  async start(modules: readonly ThreadModule[]): Promise<void> {
    if (modules.length > 0) await (await this.#made()).start(modules);
  }

  async load(module: ThreadModule): Promise<void> {
    await (await this.#made()).load(module);
  }

  room(name?: string): number {
    return this.#pool?.room(name) ?? 0;
  }

  expectedMs(name: string): number | undefined {
    return this.#pool?.expectedMs(name);
  }

  run(jobs: Parameters<ThreadPool["run"]>[0]): void {
    assert(this.#pool !== undefined, "a thread job runs only after its module was loaded");
    this.#pool.run(jobs);
  }

  running(): readonly RunningThread[] {
    return this.#pool?.running() ?? [];
  }

  withdraw(chosen: Parameters<ThreadPool["withdraw"]>[0]): ReturnType<ThreadPool["withdraw"]> {
    return this.#pool?.withdraw(chosen) ?? [];
  }

  ask(...call: Parameters<ThreadPool["ask"]>): AskAnswer {
    return this.#pool?.ask(...call) ?? "unknown";
  }

  stopping(): void {
    this.#stops = true;
    this.#pool?.stopping();
  }

  stats(): ThreadStats {
    return this.#pool?.stats() ?? { ...idle, threads: this.#options.threads };
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    if (this.#making !== undefined) await (await this.#making).close(graceMs);
  }

  #made(): Promise<ThreadPool> {
    this.#making ??= this.#make();
    return this.#making;
  }

  async #make(): Promise<ThreadPool> {
    const pool = await this.#makeThreads({ ...this.#options, events: this.#events() });
    this.#pool = pool;
    if (this.#stops) pool.stopping();
    if (this.#closed) await pool.close(0);
    return pool;
  }

  #events(): ThreadEvents {
    const heard = (): ThreadEvents => {
      assert(this.#listener !== undefined, "threads tell nothing before somebody listens");
      return this.#listener;
    };
    return {
      ended: (endings) => heard().ended(endings),
      returned: (jobs) => heard().returned(jobs),
      lines: (lines, taken) => heard().lines(lines, taken),
      notes: (notes) => heard().notes(notes),
      enqueue: (calls) => heard().enqueue(calls),
    };
  }
}

const idle = {
  alive: 0,
  flying: 0,
  waiting: 0,
  batches: 0,
  ended: 0,
  killed: 0,
  died: 0,
  recycled: 0,
};
