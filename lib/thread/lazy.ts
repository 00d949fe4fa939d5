import { assert } from "../base/assert.ts";
import type { ThreadEvents, ThreadModule, ThreadPool, ThreadPoolOptions } from "./thread.ts";

/**
 * A pool that is made, and its library loaded, when the first module is to be loaded: a runtime
 * without thread jobs starts without it.
 */
export interface LazyThreads extends ThreadPool {
  /** Sends what the threads tell to whoever listens now. */
  listen(events: ThreadEvents): void;
}

export function lazyThreads(options: Omit<ThreadPoolOptions, "events">): LazyThreads {
  let pool: ThreadPool | undefined;
  let making: Promise<ThreadPool> | undefined;
  let listener: ThreadEvents | undefined;
  let stops = false;
  let closed = false;
  const heard = (): ThreadEvents => {
    assert(listener !== undefined, "threads tell nothing before somebody listens");
    return listener;
  };
  const events: ThreadEvents = {
    ended: (endings) => heard().ended(endings),
    returned: (jobs) => heard().returned(jobs),
    lines: (lines, taken) => heard().lines(lines, taken),
    notes: (notes) => heard().notes(notes),
    enqueue: (calls) => heard().enqueue(calls),
  };
  const make = async () => {
    const { threadPool } = await import("./pool.ts");
    pool = threadPool({ ...options, events });
    if (stops) pool.stopping();
    if (closed) await pool.close(0);
    return pool;
  };
  const made = () => {
    making ??= make();
    return making;
  };
  return {
    listen(next) {
      listener = next;
    },
    async start(modules: readonly ThreadModule[]) {
      if (modules.length > 0) await (await made()).start(modules);
    },
    load: async (module) => (await made()).load(module),
    room: (name) => pool?.room(name) ?? 0,
    expectedMs: (name) => pool?.expectedMs(name),
    run(jobs) {
      assert(pool !== undefined, "a thread job runs only after its module was loaded");
      pool.run(jobs);
    },
    ask: (key, fence, asked, reason) => pool?.ask(key, fence, asked, reason) ?? "unknown",
    stopping() {
      stops = true;
      pool?.stopping();
    },
    stats: () => pool?.stats() ?? { ...idle, threads: options.threads },
    async close(graceMs) {
      closed = true;
      await (making === undefined ? undefined : (await making).close(graceMs));
    },
  };
}

const idle = {
  alive: 0,
  flying: 0,
  waiting: 0,
  batches: 0,
  ended: 0,
  killed: 0,
  died: 0,
  recycled: 0,
};
