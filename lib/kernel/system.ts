import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { Ring } from "../base/ring.ts";
import type { Actor } from "./actor.ts";
import { Cell } from "./cell.ts";
import { stopped } from "./faults.ts";
import type { Host } from "./host.ts";
import type { Answer, Body, Message, Question, Reply } from "./message.ts";
import { Questions } from "./questions.ts";
import type { Down, Fate, Ref } from "./ref.ts";
import type { ActorView, Trace } from "./trace.ts";

export interface SystemOptions {
  readonly clock: Clock;
  /**
   * Runs a turn of the system later: `setImmediate`, so that the loop's other work goes between.
   */
  readonly dispatch: (turn: () => void) => void;
  readonly trace?: Trace;
  /** A turn ends after the first batch past it. Default 1. */
  readonly sliceMs?: number;
  /**
   * For tests: which of `count` ready actors goes next, 0 to `count - 1`. Default the longest
   * ready.
   */
  readonly pick?: (count: number) => number;
}

/** A tree of actors on one thread, with one run queue. */
export class System {
  /** Rejects when a root actor ends by a crash. Never an unhandled rejection. */
  readonly failed: Promise<never>;
  readonly #options: SystemOptions;
  readonly #roots = new Map<string, Cell>();
  readonly #cells = new WeakMap<Ref<never>, Cell>();
  readonly #ready = new Ring<Cell>(Number.POSITIVE_INFINITY);
  readonly #host: Host & { closing: boolean };
  #fail: (error: unknown) => void = () => {};
  #awake = false;
  #closed: Promise<void> | undefined;

  constructor(options: SystemOptions) {
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
    this.#host = {
      clock: options.clock,
      trace: options.trace ?? {},
      questions: new Questions(options.clock),
      dead: { full: 0, dropped: 0, stopped: 0, poison: 0 },
      closing: false,
      schedule: (cell) => this.#schedule(cell),
      started: (cell) => this.#cells.set(cell.ref, cell),
      ended: (cell, down) => this.#ended(cell, down),
      cellOf: (ref) => this.#cellOf(ref),
    };
  }

  /** Starts a root: nobody restarts it. Throws ERR_ERGATE_STOPPED once the system closes. */
  spawn<M extends Message>(name: string, actor: Actor<M>): Ref<M> {
    if (this.#host.closing) throw stopped(name);
    assert(!this.#roots.has(name), `${name} is the name of a living actor`);
    // An actor takes only its own messages, and only its ref of that type leaves here.
    const erased = actor as unknown as Actor<Message>;
    const cell = new Cell(this.#host, undefined, name, erased, "temporary");
    this.#roots.set(name, cell);
    this.#host.started(cell);
    cell.start();
    return cell.ref;
  }

  /**
   * Sends a question and resolves with its answer. Rejects with what the actor refused it with, or
   * ERR_ERGATE_OVERLOADED (full mailbox), ERR_ERGATE_STOPPED (ended, draining),
   * ERR_ERGATE_ACTOR_FAILED (crashed before it answered), ERR_ERGATE_WAIT_TIMEOUT (no answer within
   * `timeoutMs`, rounded up to 16 ms).
   */
  ask<M extends Message, T extends Question<M>>(
    ref: Ref<M>,
    type: T,
    body: Body<M, T>,
    timeoutMs: number,
  ): Promise<Answer<M, T>> {
    const send = (reply: Reply<unknown>) =>
      ref.tell({ ...body, type, reply } as unknown as Extract<M, { type: T }>);
    const answer = this.#host.questions.ask(ref.path, type, timeoutMs, send);
    return answer as Promise<Answer<M, T>>;
  }

  /**
   * Ends every actor, newest first and children before their parent. Each is given `graceMs` to
   * drain and is then stopped anyway, so this takes at most `graceMs` an actor. A second call
   * returns the first one's promise.
   */
  close(graceMs: number): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#host.closing = true;
      const order = this.#cellsInOrder().toReversed();
      this.#drain(order, 0, graceMs, resolve);
    });
    return this.#closed;
  }

  /** Every living actor, parents before their children, in start order. */
  actors(): readonly ActorView[] {
    return this.#cellsInOrder().map((cell) => cell.view());
  }

  /** Dead letters since the start, by their fate. */
  deadLetters(): Readonly<Record<Fate, number>> {
    return { ...this.#host.dead };
  }

  #cellsInOrder(): readonly Cell[] {
    const walk = (cell: Cell): Cell[] => [cell, ...cell.children.all().flatMap(walk)];
    return [...this.#roots.values()].flatMap(walk);
  }

  #schedule(cell: Cell): void {
    this.#ready.push(cell);
    if (this.#awake) return;
    this.#awake = true;
    this.#options.dispatch(this.#turn);
  }

  /** Never loops until empty: two actors in a ping-pong would keep every timer waiting. */
  readonly #turn = (): void => {
    const { clock, sliceMs = limits.kernelSliceMs, dispatch } = this.#options;
    const end = clock.monotonic() + sliceMs;
    try {
      do this.#next()?.run();
      while (this.#ready.size > 0 && clock.monotonic() < end);
    } finally {
      this.#awake = this.#ready.size > 0;
      if (this.#awake) dispatch(this.#turn);
    }
  };

  #next(): Cell | undefined {
    const { pick } = this.#options;
    if (pick === undefined) return this.#ready.shift();
    for (let skip = pick(this.#ready.size); skip > 0; skip--) {
      this.#ready.push(this.#ready.shift() as Cell);
    }
    return this.#ready.shift();
  }

  #drain(order: readonly Cell[], from: number, graceMs: number, closed: () => void): void {
    let at = from;
    // A crashed one waits for a restart that will not come: only running ones have work to finish.
    while (at < order.length && order[at]?.state !== "running") order[at++]?.end("stopped");
    const cell = order[at];
    if (cell === undefined) {
      this.#host.questions.end(() => stopped("the system"));
      closed();
      return;
    }
    const grace = this.#host.clock.after(graceMs, () => cell.end("stopped"));
    cell.drain(() => {
      grace.cancel();
      this.#drain(order, at + 1, graceMs, closed);
    });
  }

  #ended(cell: Cell, down: Down): void {
    if (cell.parent !== undefined) return;
    this.#roots.delete(cell.name);
    if (down.reason === "failed" && !this.#host.closing) this.#fail(down.error);
  }

  #cellOf(ref: Ref<never>): Cell {
    const cell = this.#cells.get(ref);
    assert(cell !== undefined, `${ref.path} is no actor of this system`);
    return cell;
  }
}
