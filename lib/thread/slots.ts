import type { Asked } from "../job/ending.ts";

/**
 * Where one job in a thread stands. Only compare-and-swap moves it, so host and thread never both
 * win.
 */
export const phase = {
  waiting: 0,
  /** The thread took it: it loads the module or is in the handler. */
  entered: 1,
  done: 2,
  /** The host took it back before it was entered. */
  withdrawn: 3,
  /** The host is ending the thread because of it: what it still returns is void. */
  killed: 4,
} as const;

const commands = [undefined, "stop", "cancel", "timeout", "shutdown"] as const satisfies Asked[];

const headBytes = 8;
const beganBytes = 8;
const words = 4;
const command = 0;
const where = 1;
const thread = 2;

/**
 * Words in shared memory, a slot a job in flight: read by synchronous handlers, written by the
 * host.
 */
export class Slots {
  readonly shared: SharedArrayBuffer;
  readonly #head: Int32Array;
  readonly #began: Float64Array;
  readonly #words: Int32Array;

  static ofCount(count: number): Slots {
    return new Slots(new SharedArrayBuffer(headBytes + count * (beganBytes + words * 4)));
  }

  constructor(shared: SharedArrayBuffer) {
    const count = (shared.byteLength - headBytes) / (beganBytes + words * 4);
    this.shared = shared;
    this.#head = new Int32Array(shared, 0, headBytes / 4);
    this.#began = new Float64Array(shared, headBytes, count);
    this.#words = new Int32Array(shared, headBytes + count * beganBytes);
  }

  clear(slot: number): void {
    this.#began[slot] = 0;
    for (let word = 0; word < words; word++) Atomics.store(this.#words, slot * words + word, 0);
  }

  phase(slot: number): number {
    return Atomics.load(this.#words, slot * words + where);
  }

  /** The thread that took the job; 0 before. */
  thread(slot: number): number {
    return Atomics.load(this.#words, slot * words + thread);
  }

  /** The thread takes the job. False: it was withdrawn. */
  enter(slot: number, threadId: number): boolean {
    Atomics.store(this.#words, slot * words + thread, threadId);
    return this.#move(slot, phase.waiting, phase.entered);
  }

  /** The handler is called now; `at` is wall clock time, as threads have no other in common. */
  begin(slot: number, at: number): void {
    this.#began[slot] = at;
  }

  /** When the handler was called; 0 before. */
  began(slot: number): number {
    return this.#began[slot] as number;
  }

  /**
   * The handler is done. False: its thread is being killed, and nobody waits for what it returned.
   */
  leave(slot: number): boolean {
    return this.#move(slot, phase.entered, phase.done);
  }

  withdraw(slot: number): boolean {
    return this.#move(slot, phase.waiting, phase.withdrawn);
  }

  /** Only a run that still runs is killed: once true, its thread enters no other job. */
  kill(slot: number): boolean {
    return this.#move(slot, phase.entered, phase.killed);
  }

  tell(slot: number, asked: Asked): void {
    Atomics.store(this.#words, slot * words + command, commands.indexOf(asked));
  }

  told(slot: number): Asked {
    return commands[Atomics.load(this.#words, slot * words + command)];
  }

  stop(): void {
    Atomics.store(this.#head, 0, 1);
  }

  get stopping(): boolean {
    return Atomics.load(this.#head, 0) === 1;
  }

  #move(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, slot * words + where, from, to) === from;
  }
}
