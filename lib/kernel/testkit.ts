import { assert } from "../base/assert.ts";
import type { Clock, Timer } from "../base/clock.ts";
import { Heap } from "../base/heap.ts";
import { limits } from "../base/limits.ts";
import { seededRandom } from "../base/random.ts";
import { System } from "./system.ts";
import type { Trace } from "./trace.ts";

/** 2026-01-01T00:00:00Z: where a virtual wall clock starts. */
export const virtualStartMs = 1_767_225_600_000;

interface Due {
  readonly at: number;
  readonly seq: number;
  readonly action: () => void;
}

const earlier = (one: Due, other: Due): boolean =>
  one.at === other.at ? one.seq < other.seq : one.at < other.at;

export interface VirtualClockOptions {
  /**
   * Idle timers fire only where `advanceAsync` ends, and there once: a week's polls are one.
   * Default: when they are due, as all others.
   */
  skipIdle?: boolean;
}

/** A clock that stands still until it is moved. Timers fire in the order of their due times. */
export class VirtualClock implements Clock {
  readonly #timers = new Heap<Due>(earlier);
  readonly #idle: Heap<Due>;
  #elapsedMs = 0;
  #wallMs: number;
  #seq = 0;

  constructor(startMs: number = virtualStartMs, { skipIdle = false }: VirtualClockOptions = {}) {
    this.#wallMs = startMs;
    this.#idle = skipIdle ? new Heap<Due>(earlier) : this.#timers;
  }

  now(): number {
    return Math.floor(this.#wallMs + this.#elapsedMs);
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(ms: number, action: () => void, idle = false): Timer {
    const at = this.#elapsedMs + Math.max(0, ms);
    const timers = idle ? this.#idle : this.#timers;
    const entry = timers.push({ at, seq: this.#seq++, action });
    return { cancel: () => void timers.remove(entry) };
  }

  /** Timers that have not fired, but for skipped idle ones. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Milliseconds until the next timer is due (0 = now), `undefined` when there is none. Skipped
   * idle ones don't count.
   */
  untilNext(): number | undefined {
    const due = this.#timers.peek();
    return due && due.at - this.#elapsedMs;
  }

  /**
   * Moves by `ms`. Fires each timer due until then at its own time, and calls `between` after each.
   */
  advance(ms: number, between: () => void = () => {}): void {
    const until = this.#elapsedMs + ms;
    between();
    while (this.#fireNext(until)) between();
    this.#elapsedMs = until;
  }

  /** As `advance`, awaiting `between`: for systems whose work also runs in promises. */
  async advanceAsync(ms: number, between: () => Promise<void>): Promise<void> {
    const until = this.#elapsedMs + ms;
    await between();
    while (this.#fireNext(until)) await between();
    this.#elapsedMs = until;
    if (this.#idle !== this.#timers) await this.#catchUp(between);
  }

  /** Sets the wall clock off by `ms`, as an administrator or a time server does. No timer moves. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  /** What was skipped and is due by now, and what that makes due now. */
  async #catchUp(between: () => Promise<void>): Promise<void> {
    const until = this.#elapsedMs;
    while (this.#fireNext(until, this.#idle)) {
      await between();
      while (this.#fireNext(until)) await between();
    }
  }

  #fireNext(until: number, timers = this.#timers): boolean {
    const due = timers.peek();
    if (due === undefined || due.at > until) return false;
    timers.pop();
    this.#elapsedMs = Math.max(this.#elapsedMs, due.at);
    due.action();
    return true;
  }
}

export interface TestSystemOptions {
  readonly trace?: Trace;
  /** Default: a new virtual clock. */
  readonly clock?: VirtualClock;
  /** Waits until the promises under way had their turn. Default: some rounds of microtasks. */
  readonly hop?: () => Promise<void>;
}

/** A system that moves only when told, one batch of one actor at a time. */
export interface TestSystem {
  readonly system: System;
  readonly clock: VirtualClock;
  /** Runs until no actor has a message. */
  drain(): void;
  /** `drain`, `hop`, again until nothing is left. */
  settle(): Promise<void>;
  /** Moves the clock, draining at each timer. Promises get no turn between. */
  advance(ms: number): void;
  /** Moves the clock, settling at each timer. */
  advanceAsync(ms: number): Promise<void>;
}

/**
 * A system on a virtual clock whose next ready actor is drawn from `seed`: the same seed gives the
 * same history, another seed another interleaving.
 */
export function testSystem(seed: number, options: TestSystemOptions = {}): TestSystem {
  const { clock = new VirtualClock(), hop = microtasks, trace = {} } = options;
  const random = seededRandom(seed);
  const turns: (() => void)[] = [];
  const system = new System({
    clock,
    trace,
    dispatch: (turn) => void turns.push(turn),
    sliceMs: 0,
    pick: (count) => Math.floor(random.next() * count),
  });
  const drain = () => {
    let ran = 0;
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      assert(ran++ < limits.kernelTestTurns, `the actors came to rest within ${ran} turns`);
      turn();
    }
  };
  const settle = async () => {
    do {
      drain();
      await hop();
    } while (turns.length > 0);
  };
  return {
    system,
    clock,
    drain,
    settle,
    advance: (ms) => clock.advance(ms, drain),
    advanceAsync: (ms) => clock.advanceAsync(ms, settle),
  };
}

/** Longer than any chain of promises that a kernel test builds. */
const microtaskRounds = 32;

async function microtasks(): Promise<void> {
  for (let round = 0; round < microtaskRounds; round++) await undefined;
}
