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
 * tick travel in few questions, as many as fit a transaction; a bounded number of them is under way.
 */
export interface Gate {
  enter(jobs: readonly NewJob[], signal: AbortSignal | undefined): Promise<Duplicates>;
  /** Refuses whoever waits, and whoever comes. */
  close(): void;
}

/** `send` commits jobs and answers with the duplicates among them. */
export function createGate(send: (jobs: readonly NewJob[]) => Promise<Duplicates>): Gate {
  const waiting = new Ring<Waiting>(limits.waitingCallers);
  let underWay = 0;
  let scheduled = false;
  let closed = false;
  return { enter, close };

  function enter(jobs: readonly NewJob[], signal: AbortSignal | undefined): Promise<Duplicates> {
    if (closed) return Promise.reject(stopped());
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const call: Waiting = { jobs, resolve, reject, gone: false };
      if (!waiting.push(call)) return reject(overloaded());
      if (signal !== undefined) leaveOn(signal, call);
      schedule();
    });
  }

  function schedule(): void {
    if (scheduled || underWay >= limits.enqueuesUnderWay) return;
    scheduled = true;
    // After this tick's other callers, whose continuations stand in the same queue of microtasks.
    queueMicrotask(() => {
      scheduled = false;
      while (underWay < limits.enqueuesUnderWay && waiting.size > 0) dispatch(gather());
    });
  }

  function gather(): Waiting[] {
    const calls: Waiting[] = [];
    let rows = 0;
    let bytes = 0;
    while (waiting.size > 0 && rows < limits.enqueueRows && bytes < limits.batchBytes) {
      const call = waiting.shift() as Waiting;
      if (call.gone) continue;
      calls.push(call);
      rows += call.jobs.length;
      for (const job of call.jobs) bytes += job.args.length;
    }
    return calls;
  }

  function dispatch(calls: readonly Waiting[]): void {
    if (calls.length === 0) return;
    underWay++;
    send(calls.flatMap(({ jobs }) => jobs)).then(
      (duplicates) => {
        underWay--;
        settle(calls, duplicates);
        schedule();
      },
      (error) => {
        underWay--;
        for (const { reject } of calls) reject(error);
        schedule();
      },
    );
  }

  function close(): void {
    closed = true;
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
      call.reject(stopped());
    }
  }
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
    .map(({ at, state }) => ({ at: at - from, state }));
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
