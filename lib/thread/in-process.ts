import { limits } from "../base/limits.ts";
import { Ring } from "../base/ring.ts";
import type { Entry } from "./backlog.ts";
import { Flight, type FlightTools } from "./flight.ts";
import { endedOf, lostEnding, unloadable } from "./landing.ts";
import { Slots } from "./slots.ts";
import type {
  AskAnswer,
  RunningThread,
  ThreadEvents,
  ThreadJob,
  ThreadModule,
  ThreadPool,
  ThreadPoolOptions,
  ThreadStats,
} from "./thread.ts";
import { endedError, type Surroundings } from "./thread-context.ts";
import { Modules } from "./thread-module.ts";
import { Runner } from "./thread-run.ts";
import { linesOf, notesOf, type RunResult, runTask } from "./wire.ts";

/**
 * Thread jobs without threads, for tests: the module is imported here, and its handler gets the
 * same `ctx` and the same crossing of arguments, results and errors. Two things differ. The module,
 * its `setup` and its `teardown` are there once, not once a thread. And nothing can be ended: a run
 * that overstays its grace ends as if its thread had been, while its code goes on unheard.
 */
export function inProcessThreads(options: ThreadPoolOptions): ThreadPool {
  return new InProcess(options);
}

interface Flying {
  entry: Entry;
  flight: Flight;
  slots: Slots;
  runner: Runner;
}

class InProcess implements ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #modules = new Modules();
  readonly #stopping = new AbortController();
  readonly #waiting = new Ring<Entry>(limits.threadSlots);
  /** By its job's key, as in the waiting line. */
  readonly #entries = new Map<number, Entry>();
  readonly #flying = new Map<number, Flying>();
  readonly #counts = { batches: 0, ended: 0, killed: 0 };
  #task = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  async start(modules: readonly ThreadModule[]): Promise<void> {
    for (const module of modules) await this.load(module);
  }

  async load(module: ThreadModule): Promise<void> {
    await this.#modules.load(module.url).catch((cause) => {
      throw unloadable(module, cause);
    });
  }

  room(): number {
    if (this.#closing !== undefined) return 0;
    return Math.max(0, this.#options.threads - this.#entries.size);
  }

  /** Never measured: virtual time does not pass while a handler runs. */
  expectedMs(): undefined {
    return undefined;
  }

  run(jobs: readonly ThreadJob[]): void {
    const refused: ThreadJob[] = [];
    for (const job of jobs) {
      const place = { flight: undefined, at: 0, gone: false, asked: undefined, reason: "" };
      const entry: Entry = { job, ...place };
      if (this.#closing !== undefined || !this.#waiting.push(entry)) refused.push(job);
      else this.#entries.set(job.key, entry);
    }
    this.#dispatch();
    if (refused.length > 0) this.#options.events.returned(refused);
  }

  running(): readonly RunningThread[] {
    return [...this.#flying.values()].flatMap(({ entry, flight }) => {
      const startedAt = flight.beganAt(entry);
      return startedAt === 0 ? [] : [{ key: entry.job.key, fence: entry.job.fence, startedAt }];
    });
  }

  withdraw(chosen: (job: ThreadJob) => boolean): readonly ThreadJob[] {
    const waiting = [...this.#entries.values()].filter(({ flight }) => flight === undefined);
    const taken = waiting.filter(({ job }) => chosen(job));
    for (const entry of taken) this.#forget(entry);
    return taken.map(({ job }) => job);
  }

  ask(key: number, fence: number, asked: Parameters<Flight["ask"]>[1], reason: string): AskAnswer {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.job.fence !== fence) return "unknown";
    if (entry.flight !== undefined) {
      entry.flight.ask(entry, asked, reason);
      return "running";
    }
    this.#forget(entry);
    return "withdrawn";
  }

  stopping(): void {
    this.#stopping.abort(endedError("shutdown", ""));
    for (const { slots } of this.#flying.values()) slots.stop();
  }

  stats(): ThreadStats {
    const { threads } = this.#options;
    const flying = this.#flying.size;
    const waiting = this.#entries.size - flying;
    return { threads, alive: threads, flying, waiting, ...this.#counts, died: 0, recycled: 0 };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.stopping();
    const waiting = this.withdraw(() => true);
    if (waiting.length > 0) this.#options.events.returned(waiting);
    for (const { flight } of [...this.#flying.values()]) flight.end();
    await this.#modules.teardown();
  }

  #dispatch(): void {
    while (this.#flying.size < this.#options.threads) {
      const entry = this.#waiting.shift();
      if (entry === undefined) return;
      if (!entry.gone) this.#fly(entry);
    }
  }

  #fly(entry: Entry): void {
    const { job } = entry;
    const slots = Slots.ofCount(1);
    const flight = new Flight(++this.#task, 0, [entry], this.#tools(slots));
    const runner = new Runner(surroundings(this.#options, slots, this.#stopping), this.#modules);
    const flying = { entry, flight, slots, runner };
    this.#flying.set(job.key, flying);
    this.#counts.batches++;
    void runner.run(runTask(flight.task, 0, [job])).then((result) => this.#landed(flying, result));
  }

  #landed({ entry, flight }: Flying, result: RunResult): void {
    const ended = endedOf(flight, result.endings).map(({ told }) => told);
    if (this.#flying.get(entry.job.key)?.flight === flight) this.#end(entry, flight, ended);
  }

  #end(entry: Entry, flight: Flight, ended: Parameters<ThreadEvents["ended"]>[0]): void {
    flight.close();
    this.#flying.delete(entry.job.key);
    this.#forget(entry);
    this.#counts.ended++;
    this.#options.events.ended(ended);
    this.#dispatch();
  }

  #forget(entry: Entry): void {
    entry.gone = true;
    this.#entries.delete(entry.job.key);
  }

  #tools(slots: Slots): FlightTools {
    const flyingOf = ({ entries }: Flight) =>
      this.#flying.get((entries[0] as Entry).job.key) as Flying;
    return {
      clock: this.#options.clock,
      slots,
      told: (flight, { at, asked, reason }) =>
        flyingOf(flight).runner.ask(flight.task, at, asked, reason),
      kill: (flight) => {
        const { entry } = flyingOf(flight);
        this.#counts.killed++;
        this.#end(entry, flight, [lostEnding(entry, undefined, this.#options.clock.now())]);
      },
      overran: () => undefined,
    };
  }
}

/** What a thread has around its runs, straight into the pool's events: nothing has to travel. */
function surroundings(
  { clock, events, payloadBytes = limits.payloadBytes }: ThreadPoolOptions,
  slots: Slots,
  stopping: AbortController,
): Surroundings {
  if (stopping.signal.aborted) slots.stop();
  return {
    ...{ clock, slots, stopping, payloadBytes },
    outbox: {
      posted: 0,
      post: (message) => {
        if (message.type === "notes") events.notes(notesOf(message.notes));
      },
      enqueue: ({ key, fence }, name, args, options) =>
        new Promise((reply, refuse) => {
          events.enqueue([{ key, fence, name, args, options, reply, refuse }]);
        }),
    },
    log: {
      add({ key, fence }, level, text) {
        const line = text.slice(0, limits.logLineBytes);
        events.lines(linesOf([key, fence, clock.now(), level, line]), () => undefined);
      },
      post: () => undefined,
      postDue: () => undefined,
      end: () => undefined,
      flush: async () => undefined,
    },
  };
}
