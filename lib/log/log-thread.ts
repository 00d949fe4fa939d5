import { Worker } from "node:worker_threads";
import { systemClock } from "../base/clock.ts";
import { ErgateError, fromPlainFault, messageOf, type PlainFault } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { sibling } from "../base/sibling.ts";
import type { LogAnswer, LogCall } from "./call.ts";

export interface LogFile {
  file: string;
  namespace: string;
}

export interface ThreadCall {
  seq: number;
  call: LogCall | "close";
}

export type ThreadAnswer = { seq: number; answer: LogAnswer } | { seq: number; fault: PlainFault };

interface Waiting {
  resolve: (answer: never) => void;
  reject: (error: Error) => void;
}

/**
 * An engine behind a thread. The thread starts with the first call and again after it died, which
 * rejects what it had not answered. It keeps the process alive only while calls are under way.
 */
export class LogThread {
  readonly #log: LogFile;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #seq = 0;

  constructor(log: LogFile) {
    this.#log = log;
  }

  call<C extends LogCall>(call: C): Promise<LogAnswer<C>> {
    if (this.#waiting.size >= limits.logCalls) {
      return Promise.reject(new ErgateError("ERR_ERGATE_OVERLOADED", "too many calls to the log"));
    }
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) worker.ref();
      const seq = this.#seq++;
      this.#waiting.set(seq, { resolve, reject });
      worker.postMessage({ seq, call } satisfies ThreadCall);
    });
  }

  /** Ends the thread after the calls under way, by force when that takes longer than 10 s. */
  close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const deadline = systemClock.after(limits.logCloseMs, () => {
        void worker.terminate();
        this.#lose(worker, "was ended by force");
        resolve();
      });
      worker.ref();
      worker.once("exit", () => {
        deadline.cancel();
        resolve();
      });
      worker.postMessage({ seq: this.#seq++, call: "close" } satisfies ThreadCall);
    });
  }

  #start(): Worker {
    const worker = new Worker(sibling(import.meta.url, "./log-entry"), {
      name: "ergate-log",
      workerData: this.#log,
    });
    worker.on("message", (message: ThreadAnswer) => this.#settle(worker, message));
    worker.on("error", (error) => this.#lose(worker, messageOf(error)));
    worker.on("exit", () => this.#lose(worker, "ended"));
    return worker;
  }

  #settle(worker: Worker, message: ThreadAnswer): void {
    const waiting = this.#waiting.get(message.seq);
    if (waiting === undefined) return;
    this.#waiting.delete(message.seq);
    if (this.#waiting.size === 0) worker.unref();
    if ("fault" in message) waiting.reject(fromPlainFault(message.fault));
    else waiting.resolve(message.answer as never);
  }

  #lose(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) {
      reject(new ErgateError("ERR_ERGATE_STORE_FAILED", `the log's thread: ${why}`));
    }
  }
}
