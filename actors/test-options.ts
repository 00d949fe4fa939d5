import { type Duration, durationMs } from "../lib/base/duration.ts";
import { limits } from "../lib/base/limits.ts";
import type { Runtime } from "../lib/client/client.ts";
import type { RuntimeOptions, ThreadOptions } from "../lib/client/options.ts";
import { Fields, optionError } from "../lib/job/fields.ts";
import { virtualStartMs } from "../lib/kernel/testkit.ts";
import { parseOptions, type Settings } from "./options.ts";

/** What `testRuntime` takes: all that `createRuntime` does but `storage` and `clock`, and these. */
export interface TestOptions extends Omit<RuntimeOptions, "storage" | "clock" | "threads"> {
  /**
   * `manual` (default): nothing runs but in `drain` and `advance`. `inline`: `enqueue` resolves
   * after the job ran, and what it enqueued.
   */
  mode?: "manual" | "inline";
  /** Where the virtual clock begins. Default 2026-01-01T00:00:00Z. */
  now?: number | Date;
  /** Of the jitter of retries and of ids: the same seed, the same history. Default 0. */
  seed?: number;
  /**
   * Default: thread jobs run in the test's own process, 4 at once. With a number or options they
   * get real threads: then the runtime has to be stopped, and a run's timeout is not exact.
   */
  threads?: "in-process" | number | ThreadOptions;
  /**
   * Real time that `advance` waits for each handler, before the clock moves on without it. Default
   * 1 s.
   */
  patience?: Duration;
}

export interface TestSettings {
  mode: "manual" | "inline";
  nowMs: number;
  seed: number;
  inProcess: boolean;
  patienceMs: number;
  /** As `createRuntime` takes them. */
  runtime: RuntimeOptions;
}

/** Nothing is pruned while a test still wants to look at it. */
const keepAll = {
  completed: Infinity,
  stopped: Infinity,
  cancelled: Infinity,
  dead: Infinity,
  bytes: Infinity,
  runs: { age: Infinity, count: Number.MAX_SAFE_INTEGER },
} satisfies RuntimeOptions["retention"];

/** Throws as `createRuntime` does, with the path of the bad field. */
export function parseTestOptions(options: TestOptions): TestSettings {
  for (const key of ["storage", "clock"]) {
    if (Object.hasOwn(options, key)) throw optionError(key, "is the testing kit's own");
  }
  const { mode, now, seed, threads = "in-process", patience, retention, ...rest } = options;
  const fields = new Fields({ mode, seed }, "", ["mode", "seed"]);
  const inProcess = threads === "in-process";
  return {
    mode: fields.oneOf("mode", ["manual", "inline"] as const) ?? "manual",
    nowMs: instantOf(now),
    seed: fields.integer("seed", 0, 2 ** 32 - 1) ?? 0,
    inProcess,
    patienceMs: patience === undefined ? limits.testPatienceMs : durationMs(patience, "patience"),
    runtime: {
      ...rest,
      storage: ":memory:",
      threads: inProcess ? limits.testThreads : threads,
      retention: { ...keepAll, ...retention },
    },
  };
}

/** The runtime's settings, with the clock and what the kit does of itself. */
export function settingsOf(
  { runtime }: TestSettings,
  own: Pick<Settings, "clock" | "logger">,
  face: () => Runtime,
): Settings {
  const settings = parseOptions({ ...runtime, ...own });
  const { context } = settings;
  return { ...settings, context: context && (() => context(face())) };
}

function instantOf(now: unknown): number {
  const ms = now instanceof Date ? now.getTime() : (now ?? virtualStartMs);
  // What a Date can hold.
  if (Number.isInteger(ms) && Math.abs(ms as number) <= 8.64e15) return ms as number;
  throw optionError("now", "must be a Date or whole milliseconds since the epoch");
}
