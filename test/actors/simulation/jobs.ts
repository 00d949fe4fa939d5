import {
  cancelJob,
  defineJob,
  discard,
  type JobContext,
  type JobDefinition,
  retryAfter,
  snooze,
} from "../../../actors/index.ts";
import type { Clock } from "../../../lib/base/clock.ts";

/** How a simulated job behaves, picked by its arguments. */
export interface Plan {
  does:
    | "returns"
    | "throws"
    | "snoozes"
    | "discards"
    | "cancels"
    | "waits for a retry"
    | "hears its signal"
    | "is deaf"
    | "has a child"
    | "leads a child"
    | "talks";
  ms: number;
}

export const behaviours: readonly Plan["does"][] = [
  ...(["returns", "returns", "throws", "snoozes", "discards", "cancels"] as const),
  ...(["waits for a retry", "hears its signal", "is deaf"] as const),
  ...(["has a child", "leads a child", "talks"] as const),
];

/** What the simulation hears of each handler. */
export interface Handlers {
  entered(ctx: JobContext): void;
  left(ctx: JobContext): void;
  /** How often that job has been entered so far. */
  entries(id: string): number;
}

export const names = ["one", "two", "three"] as const;

/** Jobs of several names: one in a queue of its own, one with a timeout that is often met. */
export function jobsOf(clock: Clock, handlers: Handlers): JobDefinition<Plan>[] {
  const run = async (plan: Plan, ctx: JobContext) => {
    handlers.entered(ctx);
    try {
      return await act(plan, ctx, clock, handlers.entries(ctx.id));
    } finally {
      handlers.left(ctx);
    }
  };
  const common = { run, backoff: "2s", maxAttempts: 3, graceMs: 1000 } as const;
  return [
    defineJob("one", common),
    defineJob("two", { ...common, queue: "shared", priority: 1 }),
    defineJob("three", { ...common, queue: "shared", timeout: "3s" }),
  ];
}

/** What goes on for ever does so only in its first runs: in the end each job can be done. */
async function act(plan: Plan, ctx: JobContext, clock: Clock, entries: number): Promise<unknown> {
  const patient = entries <= 2;
  switch (plan.does) {
    case "snoozes":
      return patient ? snooze(plan.ms) : "rested";
    case "waits for a retry":
      return patient ? retryAfter(plan.ms) : "retried";
    case "discards":
      return discard("no use");
    case "cancels":
      throw cancelJob("not now");
    case "hears its signal":
      return patient ? heard(ctx, clock, plan.ms) : "heard";
    case "has a child":
      await ctx.enqueue("one", { does: "returns", ms: 1 });
      return "alone";
    case "leads a child":
      await ctx.enqueue("two", { does: "returns", ms: 1 }, { with: "result" });
      return "together";
    case "talks":
      for (let line = 0; line < 3; line++) ctx.log.info(`line ${line}`);
      ctx.progress(0.5, "half");
      return "said";
    case "throws":
      await passed(clock, plan.ms);
      throw new Error("as planned");
    case "is deaf":
    case "returns":
      // One that is deaf takes long; neither looks at its signal.
      await passed(clock, plan.does === "is deaf" ? plan.ms * 10 : plan.ms);
      return "done";
    default:
      return plan.does satisfies never;
  }
}

function passed(clock: Clock, ms: number): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((resolve) => void clock.after(ms, resolve));
}

function heard(ctx: JobContext, clock: Clock, ms: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms * 10, () => resolve("waited"));
    ctx.signal.addEventListener("abort", () => {
      timer.cancel();
      reject(ctx.signal.reason);
    });
  });
}
