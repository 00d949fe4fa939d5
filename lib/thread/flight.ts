import type { Clock, Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Asked } from "../job/ending.ts";
import type { Entry } from "./backlog.ts";
import { phase, type Slots } from "./slots.ts";

export interface FlightTools {
  clock: Clock;
  slots: Slots;
  /** Tells the run's thread of an ask, for `ctx.signal`. */
  told(flight: Flight, entry: Entry): void;
  /** The run was marked as killed: its thread is to be ended. */
  kill(flight: Flight): void;
  /** Entries that an overrun batch gives up before it entered them. */
  overran(flight: Flight, entries: Entry[]): void;
}

/**
 * One batch on its way through a thread: its time limits, its asks, and what became of each job.
 */
export class Flight {
  readonly task: number;
  /** Its slots begin here; one a job. */
  readonly slot: number;
  readonly entries: readonly Entry[];
  recycled = false;
  readonly #tools: FlightTools;
  readonly #handedAt: number;
  readonly #timers = new Set<Timer>();
  #watched: Entry | undefined;
  #watchedFrom = 0;

  constructor(task: number, slot: number, entries: readonly Entry[], tools: FlightTools) {
    this.task = task;
    this.slot = slot;
    this.entries = entries;
    this.#tools = tools;
    this.#handedAt = tools.clock.monotonic();
    for (let at = 0; at < entries.length; at++) this.#board(entries[at] as Entry, at);
    if (entries.length > 1) this.#after(limits.threadBudgetMs, () => this.#checkBudget());
    this.#watchTimeout(this.#leastTimeoutMs());
  }

  /** The thread that took it; 0 while none has. */
  get thread(): number {
    for (let at = 0; at < this.entries.length; at++) {
      const thread = this.#tools.slots.thread(this.slot + at);
      if (thread !== 0) return thread;
    }
    return 0;
  }

  /** Those that neither ended nor left for another flight. */
  left(): Entry[] {
    return this.entries.filter((entry) => !entry.gone && entry.flight === this);
  }

  phaseOf(entry: Entry): number {
    return this.#tools.slots.phase(this.slot + entry.at);
  }

  beganAt(entry: Entry): number {
    return this.#tools.slots.began(this.slot + entry.at);
  }

  /** Takes back a job that was not entered. */
  withdraw(entry: Entry): boolean {
    return this.#tools.slots.withdraw(this.slot + entry.at);
  }

  /** Takes back all that were not entered. */
  withdrawAll(): Entry[] {
    return this.left().filter((entry) => this.withdraw(entry));
  }

  /**
   * Asks a run that was entered to end; the thread is ended when it has not after its grace. A stop
   * or cancel is somebody's will and outranks a timeout or shutdown; else the first ask stays.
   */
  ask(entry: Entry, asked: Exclude<Asked, undefined>, reason: string): void {
    if (this.phaseOf(entry) !== phase.entered) return;
    const first = entry.asked === undefined;
    const outranked = entry.asked === "timeout" || entry.asked === "shutdown";
    if (first || (outranked && (asked === "stop" || asked === "cancel"))) {
      entry.asked = asked;
      entry.reason = reason;
      this.#tools.slots.tell(this.slot + entry.at, asked);
      this.#tools.told(this, entry);
    }
    if (first) this.#after(entry.job.graceMs, () => this.kill(entry));
  }

  /** Ends the thread, if this very run is still in it. */
  kill(entry: Entry): void {
    if (!entry.gone && this.#tools.slots.kill(this.slot + entry.at)) this.#tools.kill(this);
  }

  /** The entry that its thread runs now. */
  running(): Entry | undefined {
    return this.left().find((entry) => this.phaseOf(entry) === phase.entered);
  }

  /** Ends the run that its thread is in at once: there is no time left for a grace. */
  end(): void {
    const entry = this.running();
    if (entry === undefined) return;
    this.ask(entry, "shutdown", "the runtime stopped");
    this.kill(entry);
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #board(entry: Entry, at: number): void {
    entry.flight = this;
    entry.at = at;
    this.#tools.slots.clear(this.slot + at);
  }

  #after(ms: number, action: () => void): void {
    const timer = this.#tools.clock.after(ms, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }

  /** The mates of a job that takes too long go to another thread. */
  #checkBudget(): void {
    if (this.thread === 0) this.#after(limits.threadBudgetMs, () => this.#checkBudget());
    else this.#tools.overran(this, this.withdrawAll());
  }

  #leastTimeoutMs(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const entry of this.left()) least = Math.min(least, entry.job.timeoutMs ?? least);
    return least;
  }

  #watchTimeout(ms: number): void {
    if (ms !== Number.POSITIVE_INFINITY) this.#after(ms, () => this.#checkTimeout());
  }

  /**
   * One timer a flight: a run not entered when it fires can't be due before a whole timeout later,
   * so it looks again then; of one that was entered, the thread wrote when.
   */
  #checkTimeout(): void {
    const entry = this.running();
    const timeoutMs = entry?.job.timeoutMs;
    if (entry === undefined || timeoutMs === undefined || entry.asked !== undefined) {
      this.#watchTimeout(this.#leastTimeoutMs());
      return;
    }
    const leftMs = timeoutMs - this.#ranMs(entry);
    if (leftMs <= 0) this.ask(entry, "timeout", `the run took longer than ${timeoutMs} ms`);
    this.#watchTimeout(leftMs > 0 ? leftMs : this.#leastTimeoutMs());
  }

  /**
   * From the handler's entry. The wall clock may jump: it is read once, within what is possible.
   */
  #ranMs(entry: Entry): number {
    const now = this.#tools.clock.monotonic();
    const began = this.beganAt(entry);
    if (began === 0) return 0;
    if (this.#watched !== entry) {
      const ran = this.#tools.clock.now() - began;
      this.#watched = entry;
      this.#watchedFrom = now - Math.min(Math.max(0, ran), now - this.#handedAt);
    }
    return now - this.#watchedFrom;
  }
}
