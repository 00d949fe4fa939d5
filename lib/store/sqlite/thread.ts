import { Worker } from "node:worker_threads";
import { ErgateError, fromPlainFault } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import { sibling } from "../../base/sibling.ts";
import type { FromThread, ThreadData, ToThread } from "./store-entry.ts";

type Call = ToThread extends infer M
  ? M extends { call: number }
    ? Omit<M, "call">
    : never
  : never;

/** One storage thread, asked by messages that are answered in their order. */
export interface StoreThread {
  /** Resolves once the file is open; rejects with the ErgateError that says why it is not. */
  readonly opened: Promise<readonly string[]>;
  /** False once it ended, by itself or by `close`. */
  readonly alive: boolean;
  ask(call: Call): Promise<unknown>;
  /** Ends the thread after what was asked before. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function startThread(data: ThreadData): StoreThread {
  return new AskedWorker(data);
}

class AskedWorker implements StoreThread {
  readonly opened: Promise<readonly string[]>;
  readonly #worker: Worker;
  readonly #opening = withResolvers<readonly string[]>();
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: ErgateError | undefined;

  constructor(data: ThreadData) {
    const worker = new Worker(sibling(import.meta.url, "./store-entry"), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: limits.storeYoungHeapMib },
    });
    this.#worker = worker;
    this.opened = this.#opening.promise;
    this.opened.catch(() => undefined);
    this.#exited = new Promise((resolve) => worker.once("exit", () => resolve()));
    worker.on("message", (message: FromThread) => this.#heard(message));
    worker.on("error", (error) => {
      this.#fail(`the storage thread failed: ${error.message}`, error);
    });
    worker.on("exit", () => this.#fail("the storage thread ended"));
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  ask(call: Call): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const number = ++this.#calls;
    this.#worker.postMessage({ ...call, call: number });
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
  }

  async close(): Promise<void> {
    if (this.alive) await this.ask({ type: "close" }).catch(() => undefined);
    await this.#exited;
  }

  #heard(message: FromThread): void {
    if (message.type === "opened") return this.#opening.resolve(message.warnings);
    if (message.type === "failed") return this.#opening.reject(fromPlainFault(message.fault));
    const call = this.#waiting.get(message.call);
    this.#waiting.delete(message.call);
    if (message.type === "done") call?.resolve(message.value);
    else call?.reject(fromPlainFault(message.fault));
  }

  #fail(message: string, cause?: unknown): void {
    this.#ended ??= new ErgateError("ERR_ERGATE_STORE_FAILED", message, { cause });
    this.#opening.reject(this.#ended);
    for (const call of this.#waiting.values()) call.reject(this.#ended);
    this.#waiting.clear();
  }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((ok, failed) => {
    resolve = ok;
    reject = failed;
  });
  return { promise, resolve, reject };
}
