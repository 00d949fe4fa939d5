import { threadId } from "node:worker_threads";
import { systemClock } from "../../../lib/base/clock.ts";
import type { JobContext } from "../../../lib/job/context.ts";
import { cancelJob, discard, retryAfter, snooze } from "../../../lib/thread/handler.ts";

export interface Fate {
  do: string;
  value?: unknown;
  ms?: number;
  count?: number;
  text?: string;
}

/** The payload picks what happens. */
export default function handler(fate: Fate, ctx: JobContext): unknown {
  const act = fates[fate.do];
  if (act === undefined) throw new Error(`no fate ${fate.do}`);
  return act(fate, ctx);
}

const kept: unknown[] = [];

const fates: Record<string, (fate: Fate, ctx: JobContext) => unknown> = {
  ok: (fate) => fate.value,
  who: (_, { id, name, queue, attempt, fence }) => ({ id, name, queue, attempt, fence }),
  thread: () => threadId,
  throw: (fate) => {
    throw Object.assign(new RangeError(fate.text ?? "thrown"), { code: "E_FATE" });
  },
  throwOdd: () => {
    throw Object.create(null);
  },
  map: () => ({ deep: [new Map()] }),
  big: () => "x".repeat(2 ** 21),
  snooze: (fate) => snooze(fate.ms ?? 0),
  throwSnooze: (fate) => {
    throw snooze(fate.ms ?? 0);
  },
  retryAfter: (fate) => retryAfter(fate.ms ?? 0),
  discard: (fate) => discard(fate.text ?? ""),
  cancelJob: (fate) => cancelJob(fate.text ?? ""),
  busy: (fate) => busy(fate.ms ?? 0),
  spin: (fate, ctx) => {
    ctx.log.info(fate.text ?? "spinning");
    for (;;);
  },
  spinUntilCommand: (_, ctx) => {
    ctx.log.info("spinning");
    let command = ctx.command();
    while (command === undefined) command = ctx.command();
    return command;
  },
  spinUntilEnded: (_, ctx) => {
    ctx.log.info("spinning");
    for (;;) ctx.throwIfEnded();
  },
  spinUntilAborted: (_, ctx) => {
    ctx.log.info("spinning");
    while (!ctx.signal.aborted);
    return ctx.signal.reason.code;
  },
  spinUntilStopping: (_, ctx) => {
    ctx.log.info("spinning");
    while (!ctx.stopping.aborted);
    return "stopping";
  },
  untilAborted: (_, ctx) =>
    new Promise((resolve) => {
      ctx.signal.addEventListener("abort", () =>
        resolve({ code: ctx.signal.reason.code, message: ctx.signal.reason.message }),
      );
      ctx.log.info("waiting");
    }),
  untilStopping: (_, ctx) =>
    new Promise((resolve) => {
      ctx.stopping.addEventListener("abort", () => resolve("stopping"));
      ctx.log.info("waiting");
    }),
  forever: (_, ctx) => {
    ctx.log.info("waiting");
    return new Promise(() => {});
  },
  await: (fate) => new Promise((done) => systemClock.after(fate.ms ?? 0, () => done(fate.value))),
  exit: () => process.exit(7),
  uncaught: () => {
    queueMicrotask(() => {
      throw new Error("nobody caught me");
    });
    return new Promise(() => {});
  },
  alloc: () => {
    for (;;) kept.push(new Array(100_000).fill(kept.length));
  },
  log: (fate, ctx) => {
    for (let at = 0; at < (fate.count ?? 1); at++) ctx.log.info(`line ${at}`);
  },
  logBig: (fate, ctx) => {
    for (let at = 0; at < (fate.count ?? 1); at++) ctx.log.warn("x".repeat(50_000), { at });
  },
  logFlush: async (_, ctx) => {
    ctx.log.error("flushed", { a: 1 }, new Map());
    await ctx.log.flush();
    return "flushed";
  },
  progress: (fate, ctx) => {
    for (let at = 0; at <= 1000; at++) ctx.progress(at / 1000, `at ${at}`);
    ctx.checkIn(fate.text ?? "done");
  },
  enqueue: async (fate, { enqueue }) =>
    Promise.all([
      enqueue("other", { n: 1 }, { priority: 3 }),
      enqueue({ name: "more" }, fate.value),
    ]),
  enqueueMap: (_, ctx) => ctx.enqueue("other", { m: new Map() }),
  enqueueWith: async (fate, ctx) => {
    const options = { with: "result", runAt: new Date(1000) } as const;
    await ctx.enqueue("follower", { n: 1 }, options);
    if (fate.value === "throw") throw new Error("after all");
    return "led";
  },
};

function busy(ms: number): void {
  const until = systemClock.monotonic() + ms;
  while (systemClock.monotonic() < until);
}
