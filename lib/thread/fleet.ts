import type { Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Entry } from "./backlog.ts";
import { Crew } from "./crew.ts";
import { thrownOf } from "./ending-wire.ts";
import { Flight, type FlightTools } from "./flight.ts";
import { type EndedEntry, endedOf } from "./landing.ts";
import { Links } from "./links.ts";
import { phase, Slots } from "./slots.ts";
import type { RunningThread, ThreadPoolOptions } from "./thread.ts";
import { Waits } from "./waits.ts";
import { type Flat, type LoadResult, type RunResult, runTask } from "./wire.ts";

/** What becomes of the entries of a flight. */
export interface FleetEvents {
  ended(ended: readonly EndedEntry[]): void;
  /** Not entered, and fit to run at once in another thread. */
  again(entries: readonly Entry[]): void;
  /** Their thread died: `lost` were entered, `left` were not, or finished without a word. */
  crashed(lost: readonly Entry[], left: readonly Entry[], cause: unknown): void;
  /** A flight's place is free, and what it carried is decided. */
  free(): void;
}

/** Of the module that is being loaded; flights have the slots from `limits.threadBatchJobs` on. */
const loadSlot = 0;

/** The flights under way in threads: it hands batches out, and reads what comes back. */
export class Fleet {
  readonly counts = { batches: 0, killed: 0, died: 0, recycled: 0 };
  readonly #options: ThreadPoolOptions;
  readonly #events: FleetEvents;
  readonly #slots: Slots;
  /** First slots of the flights that may leave now. */
  readonly #blocks: number[] = [];
  readonly #flights = new Map<number, Flight>();
  readonly #links: Links;
  readonly #crew: Crew;
  readonly #tools: FlightTools;
  readonly #waits: Waits;
  #task = 0;
  #byes = 0;

  constructor(options: ThreadPoolOptions, events: FleetEvents) {
    const flights = options.threads * (1 + limits.threadAhead);
    this.#options = options;
    this.#events = events;
    this.#waits = new Waits(options.clock);
    this.#slots = Slots.ofCount((1 + flights) * limits.threadBatchJobs);
    for (let at = flights; at > 0; at--) this.#blocks.push(at * limits.threadBatchJobs);
    this.#links = this.#newLinks();
    this.#crew = this.#newCrew();
    this.#tools = this.#newTools();
  }

  /** Flights under way. */
  get size(): number {
    return this.#flights.size;
  }

  /** Flights that may leave now: one a thread runs, and the next, ready for it. */
  get free(): number {
    return this.#blocks.length;
  }

  get alive(): number {
    return this.#crew.alive;
  }

  fly(entries: readonly Entry[]): void {
    const slot = this.#blocks.pop() as number;
    const flight = new Flight(++this.#task, slot, entries, this.#tools);
    this.#flights.set(flight.task, flight);
    this.counts.batches++;
    const jobs = entries.map((entry) => entry.job);
    this.#crew.run(runTask(flight.task, slot, jobs)).then(
      (value) => {
        const result = value as RunResult;
        this.#links.meet(result.thread, () => this.#landed(flight, result));
      },
      (error) => this.#links.meet(flight.thread, () => this.#crashed(flight, error)),
    );
  }

  running(): RunningThread[] {
    const runs: RunningThread[] = [];
    for (const flight of this.#flights.values()) {
      const entry = flight.running();
      const startedAt = entry === undefined ? 0 : flight.beganAt(entry);
      if (entry === undefined || startedAt === 0) continue;
      runs.push({ key: entry.job.key, fence: entry.job.fence, startedAt });
    }
    return runs;
  }

  /** Rejects with what the module threw, or the death of its thread. */
  async load(url: string): Promise<void> {
    this.#slots.clear(loadSlot);
    const guard = this.#guardLoad();
    try {
      const fault = await this.#crew.run({ type: "load", slot: loadSlot, url });
      if (fault !== undefined) throw thrownOf(fault as NonNullable<LoadResult>);
    } finally {
      guard.cancel();
    }
  }

  stopping(): void {
    this.#slots.stop();
    this.#links.postAll({ type: "stopping" });
  }

  /** Takes back what was not entered, lets the rest end for `graceMs`, then ends all threads. */
  async end(graceMs: number): Promise<void> {
    const landed = () => this.#flights.size === 0;
    for (const flight of this.#flights.values()) this.#events.again(flight.withdrawAll());
    await this.#waits.until(graceMs, landed);
    for (const flight of this.#flights.values()) flight.end();
    await this.#waits.until(limits.threadKillMs, landed);
    const threads = this.#links.size;
    this.#links.postAll({ type: "teardown" });
    await this.#waits.until(limits.threadTeardownMs, () => this.#byes >= threads);
    let ended = false;
    const end = () => {
      ended = true;
      this.#waits.look();
    };
    this.#crew.end().then(end, end);
    await this.#waits.until(limits.threadKillMs, () => ended);
  }

  #landed(flight: Flight, result: RunResult): void {
    this.#links.drain(result.thread, result.posted);
    const ended = endedOf(flight, result.endings);
    // What its thread left, being over its budget.
    const left = flight.left();
    this.#free(flight);
    this.#events.again(left);
    this.#events.ended(ended);
    this.#events.free();
  }

  #crashed(flight: Flight, cause: unknown): void {
    this.#links.drain(flight.thread, undefined);
    const left = flight.left();
    const lost = left.filter((entry) => isEntered(flight.phaseOf(entry)));
    if (flight.recycled) this.counts.recycled++;
    else if (!lost.some((entry) => flight.phaseOf(entry) === phase.killed)) this.counts.died++;
    const rest = left.filter((entry) => !lost.includes(entry));
    this.#events.crashed(lost, rest, cause);
    this.#free(flight);
    this.#crew.refill(this.#flights.size);
    this.#events.free();
  }

  #free(flight: Flight): void {
    flight.close();
    this.#flights.delete(flight.task);
    this.#blocks.push(flight.slot);
    this.#waits.look();
  }

  /** Endings that a thread sent ahead of its batch's result. */
  #early(task: number, flat: Flat, recycled: boolean): void {
    const flight = this.#flights.get(task);
    if (flight === undefined) return;
    flight.recycled = recycled;
    this.#events.ended(endedOf(flight, flat));
    if (!recycled) return;
    // What its last batch left for being over its budget need not wait for the thread's end.
    this.#events.again(flight.withdrawAll());
    this.#events.free();
  }

  #newLinks(): Links {
    return new Links({
      told: this.#options.events,
      ended: (task, endings, recycled) => this.#early(task, endings, recycled),
      bye: () => {
        this.#byes++;
        this.#waits.look();
      },
    });
  }

  #newCrew(): Crew {
    const { threads, resourceLimits, payloadBytes, recycleAfter } = this.#options;
    const data = {
      shared: this.#slots.shared,
      payloadBytes: payloadBytes ?? limits.payloadBytes,
      recycleAfter: recycleAfter ?? Number.POSITIVE_INFINITY,
    };
    return new Crew({
      threads,
      resourceLimits,
      data,
      hello: (hello) => {
        this.#links.join(hello);
        if (this.#slots.stopping) this.#links.post(hello.thread, { type: "stopping" });
      },
    });
  }

  #newTools(): FlightTools {
    return {
      clock: this.#options.clock,
      slots: this.#slots,
      told: ({ task, thread }, { at, asked, reason }) =>
        this.#links.post(thread, { type: "ask", task, at, asked, reason }),
      kill: (flight) => {
        this.counts.killed++;
        this.#crew.kill(flight.thread);
      },
      overran: ({ task, thread }, entries) => {
        this.#links.post(thread, { type: "flush", task });
        this.#events.again(entries);
        this.#events.free();
      },
    };
  }

  /** A thread ends a load that hangs by itself; one that loops must be ended from here. */
  #guardLoad(): Timer {
    let timer: Timer;
    const arm = () => {
      timer = this.#options.clock.after(limits.threadLoadMs + limits.threadKillMs, () => {
        this.#crew.kill(this.#slots.thread(loadSlot));
        arm();
      });
    };
    arm();
    return { cancel: () => timer.cancel() };
  }
}

function isEntered(at: number): boolean {
  return at === phase.entered || at === phase.killed;
}
