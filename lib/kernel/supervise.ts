import { limits } from "../base/limits.ts";
import type { Supervision } from "./actor.ts";

export const defaultSupervision: Supervision = {
  strategy: "one_for_one",
  restarts: limits.kernelRestarts,
  withinMs: limits.kernelRestartWindowMs,
};

/** Whom a crash of `failed` restarts, in start order. `children` is in start order. */
export function toRestart<C>(
  strategy: Supervision["strategy"],
  children: readonly C[],
  failed: C,
): readonly C[] {
  switch (strategy) {
    case "one_for_one":
      return [failed];
    case "rest_for_one":
      return children.slice(children.indexOf(failed));
    case "one_for_all":
      return children;
    default:
      return strategy satisfies never;
  }
}

export type Verdict =
  | { readonly type: "restart"; readonly delayMs: number; readonly times: readonly number[] }
  | { readonly type: "giveUp" };

/**
 * Whether one more restart at `nowMs` is within the intensity. `times` are those allowed before.
 */
export function judge(rule: Supervision, times: readonly number[], nowMs: number): Verdict {
  const recent = times.filter((time) => time > nowMs - rule.withinMs);
  if (recent.length >= rule.restarts) return { type: "giveUp" };
  const delayMs = (rule.backoffMs ?? 0) * 2 ** recent.length;
  return { type: "restart", delayMs, times: [...recent, nowMs] };
}
