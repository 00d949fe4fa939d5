import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { Ring } from "../base/ring.ts";
import type { NewJob } from "../job/job.ts";
import type { Duplicates } from "../protocol/queue.ts";

interface Waiting {
  jobs: readonly NewJob[];
  resolve(duplicates: Duplicates): void;
  reject(error: unknown): void;
  gone: boolean;
}

/**
 * Where calls of `enqueue` wait for room, so that none is refused for being early. All calls of one
 * tick travel in few questions, as many as fit a transaction; a bounded number of them is under
 * way.
 */
export interface Gate {
  enter(jobs: readonly NewJob[], signal: AbortSignal | undefined): Promise<Duplicates>;
  /** Refuses whoever waits, and whoever comes. */
  close(): void;
}

/** `send` commits jobs and answers with the duplicates among them. */
export function createGate(send: Send): Gate {
  return new EnqueueGate(send);
}

type Send = (jobs: readonly NewJob[]) => Promise<Duplicates>;

class EnqueueGate implements Gate {
  readonly #send: Send;
  readonly #waiting = new Ring<Waiting>(limits.waitingCallers);
  #underWay = 0;
  #scheduled = false;
  #closed = false;

  constructor(send: Send) {
    this.#send = send;
  }

  enter(jobs: readonly NewJob[], signal: AbortSignal | undefined): Promise<Duplicates> {
    if (this.#closed) return Promise.reject(stopped());
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const call: Waiting = { jobs, resolve, reject, gone: false };
      if (!this.#waiting.push(call)) return reject(overloaded());
      if (signal !== undefined) leaveOn(signal, call);
      this.#schedule();
    });
  }

  close(): void {
    this.#closed = true;
    const waiting = this.#waiting;
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
      call.reject(stopped());
    }
  }

  #schedule(): void {
    if (this.#scheduled || !this.#hasRoom()) return;
    this.#scheduled = true;
    // After this tick's other callers, whose continuations stand in the same queue of microtasks.
    queueMicrotask(() => {
      this.#scheduled = false;
      while (this.#hasRoom() && this.#waiting.size > 0) {
        this.#dispatch(gather(this.#waiting, this.#rowsMax()));
      }
    });
  }

  /**
   * With nothing under way only half goes, and the other half right behind: from then on one half
   * is answered, and calls again, while the other commits.
   */
  #rowsMax(): number {
    const waiting = this.#waiting.size;
    const split = this.#underWay === 0 && waiting >= limits.enqueueSplit;
    return split ? Math.min(Math.ceil(waiting / 2), limits.enqueueRows) : limits.enqueueRows;
  }

  #hasRoom(): boolean {
    return this.#underWay < limits.enqueuesUnderWay;
  }

  #dispatch(calls: readonly Waiting[]): void {
    if (calls.length === 0) return;
    this.#underWay++;
    this.#send(calls.flatMap(({ jobs }) => jobs)).then(
      (duplicates) => {
        this.#underWay--;
        settle(calls, duplicates);
        this.#schedule();
      },
      (error) => {
        this.#underWay--;
        for (const { reject } of calls) reject(error);
        this.#schedule();
      },
    );
  }
}

/** Takes as many calls as fit a transaction. */
function gather(waiting: Ring<Waiting>, rowsMax: number): Waiting[] {
  const calls: Waiting[] = [];
  let rows = 0;
  let bytes = 0;
  while (waiting.size > 0 && rows < rowsMax && bytes < limits.batchBytes) {
    const call = waiting.shift() as Waiting;
    if (call.gone) continue;
    calls.push(call);
    rows += call.jobs.length;
    for (const job of call.jobs) bytes += job.args.length;
  }
  return calls;
}

function settle(calls: readonly Waiting[], duplicates: Duplicates): void {
  let from = 0;
  for (const { jobs, resolve } of calls) {
    const until = from + jobs.length;
    resolve(duplicates.length === 0 ? duplicates : within(duplicates, from, until));
    from = until;
  }
}

function within(duplicates: Duplicates, from: number, until: number): Duplicates {
  return duplicates
    .filter(({ at }) => at >= from && at < until)
    .map((duplicate) => ({ ...duplicate, at: duplicate.at - from }));
}

function leaveOn(signal: AbortSignal, call: Waiting): void {
  const leave = () => {
    call.gone = true;
    call.reject(signal.reason);
  };
  signal.addEventListener("abort", leave, { once: true });
  const { resolve, reject } = call;
  call.resolve = (duplicates) => {
    signal.removeEventListener("abort", leave);
    resolve(duplicates);
  };
  call.reject = (error) => {
    signal.removeEventListener("abort", leave);
    reject(error);
  };
}

function overloaded(): ErgateError {
  const message = `${limits.waitingCallers} calls of enqueue wait already`;
  return new ErgateError("ERR_ERGATE_OVERLOADED", message);
}

function stopped(): ErgateError {
  return new ErgateError("ERR_ERGATE_STOPPED", "the runtime is stopped: nothing was enqueued");
}
