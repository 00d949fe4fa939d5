import { systemClock } from "../lib/base/clock.ts";
import { type Duration, durationMs } from "../lib/base/duration.ts";
import { limits } from "../lib/base/limits.ts";
import { seededRandom } from "../lib/base/random.ts";
import type { Runtime } from "../lib/client/client.ts";
import type { Logger } from "../lib/client/options.ts";
import { Commands } from "../lib/command/commands.ts";
import type { Job } from "../lib/job/job.ts";
import { VirtualClock } from "../lib/kernel/testkit.ts";
import type { JobEvent } from "../lib/protocol/event.ts";
import { Assembly } from "./assembly.ts";
import { createSystem } from "./machine.ts";
import { runtimeOf } from "./runtime.ts";
import { type TestClock, testClock } from "./test-clock.ts";
import { Drive } from "./test-drive.ts";
import { inlineEnqueues } from "./test-inline.ts";
import type { Match, Partly } from "./test-match.ts";
import { parseTestOptions, settingsOf, type TestOptions } from "./test-options.ts";
import { type Named, Rows } from "./test-rows.ts";
import { type Outcomes, Runs } from "./test-runs.ts";
import { makeTestThreads } from "./test-threads.ts";
import { Turns } from "./test-turns.ts";
import { consoleLogger, wording } from "./wording.ts";

export type { Match, Named, Outcomes, Partly, TestClock, TestOptions };

/** A runtime under test: it keeps all in memory, and its time is virtual. */
export interface TestRuntime extends Runtime {
  readonly clock: TestClock;
  /**
   * Runs all jobs that are due, and what those enqueue, until nothing is due at this instant;
   * answers how the runs ended. Rejects with ERR_ERGATE_WAIT_TIMEOUT when one takes more real time
   * than `timeout`, default 4 s.
   */
  drain(options?: { timeout?: Duration }): Promise<Outcomes>;
  /**
   * Runs what is due, then moves the clock: each delayed job, retry and timeout that is due on the
   * way comes at its own time, in their order. Answers how the runs ended.
   */
  advance(duration: Duration): Promise<Outcomes>;
  /**
   * All jobs that were enqueued so far, whatever became of them, the newest last: of a name, of
   * all, or those that match. Deleted ones are gone.
   */
  enqueued<Input = unknown, Result = unknown>(
    job?: Named<Input, Result>,
    match?: Match<Input>,
  ): Job[];
  /** The newest such job. Throws an AssertionError that lists what was enqueued instead. */
  assertEnqueued<Input = unknown, Result = unknown>(
    job: Named<Input, Result>,
    match?: Match<Input>,
  ): Job;
  /** Throws an AssertionError that lists such jobs. */
  refuteEnqueued<Input = unknown, Result = unknown>(
    job: Named<Input, Result>,
    match?: Match<Input>,
  ): void;
}

/**
 * Makes a runtime for tests: no file, no thread, no timer, and no real time. It starts by itself
 * with the first `drain`, `advance` or inline `enqueue`, or by `start()`. Failed attempts are told
 * to `logger` as warnings, by default on the console. Throws as `createRuntime` does for bad
 * options.
 */
export function testRuntime(options: TestOptions = {}): TestRuntime {
  const test = parseTestOptions(options);
  const { logger = consoleLogger } = options;
  const clock = new VirtualClock(test.nowMs, { skipIdle: true });
  const turns = new Turns();
  const settings = settingsOf(test, { clock, logger }, () => face);
  const rows = new Rows(settings.namespace);
  const assembly = new Assembly(settings, rows.open(), {
    random: seededRandom(test.seed),
    system: (own) => createSystem(own, turns.dispatch),
    makeThreads: makeTestThreads(test.inProcess),
    // Programs know real time alone.
    commands: new Commands({ clock: systemClock }),
  });
  const { hub, hold, links } = assembly;
  const runs = new Runs(hub, (event) => tellFailed(logger, event, rows.get(event.id)));
  const runtime = runtimeOf(assembly);
  const drive = new Drive({
    ...{ clock, turns, runs, hold, patienceMs: test.patienceMs },
    manual: test.mode === "manual",
    start: () => runtime.start(),
    held: () => void links.dispatcher.tell({ type: "room" }),
  });
  const face: TestRuntime = {
    ...runtime,
    ...(test.mode === "inline" ? inlineEnqueues(runtime, drive, turns, rows) : {}),
    clock: testClock(clock, runs, turns),
    ...driving(runtime, drive),
    enqueued: (job, match) => rows.find(job as Named, match),
    assertEnqueued: (job, match) => rows.assert(job as Named, match),
    refuteEnqueued: (job, match) => rows.refute(job as Named, match),
  };
  return face;
}

function driving(
  runtime: Runtime,
  drive: Drive,
): Pick<TestRuntime, "drain" | "advance" | "stop" | typeof Symbol.asyncDispose> {
  const stop: Runtime["stop"] = (options) => drive.stop(runtime.stop(options));
  return {
    drain: async ({ timeout = limits.testDrainMs } = {}) =>
      drive.drain(durationMs(timeout, "timeout")),
    advance: async (duration) => drive.advance(durationMs(duration, "duration")),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** A handler's error must not pass unseen because a test asks only for the rest. */
function tellFailed(
  logger: Logger,
  { id, name, attempt, reason }: JobEvent,
  job: Job | undefined,
): void {
  const error = job?.errors.findLast((each) => each.attempt === attempt);
  const what = error?.stack ?? error?.message ?? reason ?? "no reason given";
  logger.warn({ job: name, id, attempt }, wording.failed(name, id, attempt, what));
}
