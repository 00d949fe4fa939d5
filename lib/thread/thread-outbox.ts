import type { MessagePort } from "node:worker_threads";
import { type ErgateError, fromPlainFault, toPlainFault } from "../base/error.ts";
import type { EnqueueOptions } from "../job/context.ts";
import type { Receipt } from "../job/job.ts";
import type { Flat, FromThread, ToThread } from "./wire.ts";

interface Waiter {
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

/**
 * A thread's own way to the host. It counts what it posts, so that the host can read all of it
 * before it looks at a batch's endings, which come by another port.
 */
export class Outbox {
  posted = 0;
  readonly #port: MessagePort;
  /** One a caller that holds a promise of `ctx.enqueue`. */
  readonly #waiters = new Map<number, Waiter>();
  #calls: Flat = [];
  #options: EnqueueOptions[] = [];
  #call = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  post(message: FromThread): void {
    this.posted++;
    this.#port.postMessage(message);
  }

  /** Calls of one turn go in one message. */
  enqueue(
    run: { key: number; fence: number },
    name: string,
    args: string,
    options: EnqueueOptions,
  ): Promise<Receipt> {
    const call = ++this.#call;
    if (this.#calls.length === 0) queueMicrotask(() => this.#postCalls());
    this.#calls.push(call, run.key, run.fence, name, args);
    this.#options.push(options);
    return new Promise((resolve, reject) => this.#waiters.set(call, { resolve, reject }));
  }

  answer(message: Extract<ToThread, { type: "receipt" | "refused" }>): void {
    const waiter = this.#waiters.get(message.call);
    this.#waiters.delete(message.call);
    if (message.type === "receipt") {
      waiter?.resolve(message.receipt);
      return;
    }
    waiter?.reject(fromPlainFault(message.fault));
  }

  #postCalls(): void {
    const [calls, options] = [this.#calls, this.#options];
    this.#calls = [];
    this.#options = [];
    this.post({ type: "enqueue", calls, options });
  }
}

/** The host's answer to a refused call. */
export function refusal(call: number, error: ErgateError): ToThread {
  return { type: "refused", call, fault: toPlainFault(error) };
}
