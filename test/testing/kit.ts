import type { TestContext } from "node:test";
import { type TestOptions, type TestRuntime, testRuntime } from "../../actors/testing.ts";
import { silent } from "../actors/kit.ts";

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A runtime under test that keeps quiet of failures; stopped after the test. */
export function made(t: TestContext, options: TestOptions = {}): TestRuntime {
  const runtime = testRuntime({ logger: silent, ...options });
  t.after(() => runtime.stop());
  return runtime;
}

/** What a drain or an advance answers, where nothing else happened. */
export function outcomes(some: object): object {
  const none = { completed: 0, failed: 0, dead: 0, stopped: 0, cancelled: 0, snoozed: 0 };
  return { ...none, running: 0, ...some };
}

/** Resolves with the abort's reason. */
export function abortOf(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}
