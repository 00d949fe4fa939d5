import { Worker } from "node:worker_threads";
import { ErgateError, fromPlainFault } from "../../base/error.ts";
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
  const worker = new Worker(sibling(import.meta.url, "./store-entry"), { workerData: data });
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let ended: ErgateError | undefined;
  const opening = withResolvers<readonly string[]>();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  opening.promise.catch(() => undefined);

  worker.on("message", (message: FromThread) => {
    if (message.type === "opened") return opening.resolve(message.warnings);
    if (message.type === "failed") return opening.reject(fromPlainFault(message.fault));
    const call = waiting.get(message.call);
    waiting.delete(message.call);
    if (message.type === "done") call?.resolve(message.value);
    else call?.reject(fromPlainFault(message.fault));
  });
  worker.on("error", (error) => fail(`the storage thread failed: ${error.message}`, error));
  worker.on("exit", () => fail("the storage thread ended"));

  return {
    opened: opening.promise,
    get alive() {
      return ended === undefined;
    },
    ask,
    close,
  };

  function ask(call: Call): Promise<unknown> {
    if (ended !== undefined) return Promise.reject(ended);
    const number = ++calls;
    worker.postMessage({ ...call, call: number });
    return new Promise((resolve, reject) => waiting.set(number, { resolve, reject }));
  }

  async function close(): Promise<void> {
    if (ended === undefined) await ask({ type: "close" }).catch(() => undefined);
    await exited;
  }

  function fail(message: string, cause?: unknown): void {
    ended ??= new ErgateError("ERR_ERGATE_STORE_FAILED", message, { cause });
    opening.reject(ended);
    for (const call of waiting.values()) call.reject(ended);
    waiting.clear();
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
