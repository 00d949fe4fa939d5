import type { ResourceLimits } from "node:worker_threads";
import { Piscina } from "piscina";
import { sibling } from "../base/sibling.ts";
import type { Hello, ThreadData, ThreadTask } from "./wire.ts";

export interface CrewOptions {
  threads: number;
  resourceLimits: ResourceLimits | undefined;
  data: ThreadData;
  hello(hello: Hello): void;
}

/**
 * Piscina, with what it must not decide by itself. Threads start with the first task, all at once
 * in a burst, and stay. `atomics` is "disabled": "sync" would freeze a handler's timers and sockets
 * between tasks, and "async" gained nothing (measured).
 */
export class Crew {
  readonly #options: CrewOptions;
  #piscina: Piscina | undefined;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  get alive(): number {
    return this.#piscina?.threads.length ?? 0;
  }

  /** Rejects when its thread dies before it answered. */
  run(task: ThreadTask): Promise<unknown> {
    this.#piscina ??= this.#hire();
    return this.#piscina.run(task);
  }

  /** Ends one thread; its task rejects once it is gone. */
  kill(threadId: number): void {
    this.#piscina?.threads.find((thread) => thread.threadId === threadId)?.terminate();
  }

  /** Piscina replaces a dead thread by itself only up to one: a task makes it start another. */
  refill(wanted: number): void {
    const { threads } = this.#options;
    if (this.alive < Math.min(wanted, threads)) this.run({ type: "idle" }).catch(() => {});
  }

  async end(): Promise<void> {
    await this.#piscina?.destroy();
  }

  #hire(): Piscina {
    const { threads, resourceLimits, data } = this.#options;
    const piscina = new Piscina({
      filename: sibling(import.meta.url, "./thread-entry").href,
      minThreads: 1,
      maxThreads: threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      maxQueue: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: 1,
      atomics: "disabled",
      recordTiming: false,
      workerData: data,
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
    });
    piscina.on("message", (message) => {
      if (message?.ergate === "hello") this.#options.hello(message as Hello);
    });
    // A thread that died while it held no task: replaced, and nobody waits for it.
    piscina.on("error", () => {});
    return piscina;
  }
}
