import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Runtime } from "../client/client.ts";
import type { RetentionOptions } from "../client/options.ts";
import type { JobId } from "../job/job.ts";
import type { Call, Command } from "./command.ts";
import { shared } from "./database.ts";
import { showProgress } from "./demo-progress.ts";
import { currentRun, type DemoJobs, demoJobs, type RunResult } from "./demo-run.ts";
import { summaryOf, summaryText } from "./demo-summary.ts";
import { type DemoTarget, demoTarget } from "./demo-target.ts";
import { storageOptions } from "./options.ts";
import { type EndSignal, firstSignal } from "./signals.ts";

/** Results are read when the last file is done, however long that takes. */
const forever = Number.POSITIVE_INFINITY;
const retention: RetentionOptions = {
  completed: forever,
  stopped: forever,
  cancelled: forever,
  dead: forever,
  bytes: forever,
};

export const demo: Command = {
  name: "demo",
  words: "[PATH]",
  least: 0,
  most: 1,
  summary: "hash every file below PATH (default .) in threads, as durable jobs",
  details: [
    "Writes OUT in the form that `sha256sum -c` accepts where you stand. After kill -9, start it",
    "again: it goes on with the unfinished run of the same PATH and OUT. Files that appeared since",
    "are added. `.git` folders and its own files are left out, links are not followed.",
  ],
  options: {
    ...storageOptions,
    db: { value: "FILE", help: "the database (default .ergate/demo.db)" },
    out: { value: "FILE", help: "the sums (default SHA256SUMS)" },
    threads: { value: "N", help: "CPU threads (default: the cores)" },
  },
  async run(call) {
    const { args, start } = call;
    const threads = args.integer("threads", 1, limits.threadsMax);
    const db = resolve(start, args.text("db") ?? join(".ergate", "demo.db"));
    mkdirSync(dirname(db), { recursive: true });
    const target = demoTarget(start, args.words[0] ?? ".", args.text("out") ?? "SHA256SUMS", db);
    const jobs = demoJobs(target, () => runtime);
    const createRuntime = await call.hooks.createRuntime();
    const signal = firstSignal();
    const runtime: Runtime = await createRuntime({
      storage: db,
      jobs: [jobs.run, jobs.hash],
      retention,
      ...(threads === undefined ? {} : { threads }),
      ...shared(call),
    });
    return finished(runtime, jobs, target, signal, call);
  },
};

/** What ended the wait for the run. */
type End = { type: "done"; result: RunResult } | { type: "signal"; signal: EndSignal };

async function finished(
  runtime: Runtime,
  jobs: DemoJobs,
  target: DemoTarget,
  signal: Promise<EndSignal>,
  call: Call,
): Promise<number> {
  const over = new AbortController();
  const began = systemClock.monotonic();
  try {
    // Before the start: from then on others' files of this run may get done.
    const run = await currentRun(runtime, target, jobs);
    await runtime.start();
    const progress = showProgress(runtime, jobs.hash.queue, call.out, over.signal);
    const end = await Promise.race([
      resultOf(runtime, run.id).then((result): End => ({ type: "done", result })),
      signal.then((name): End => ({ type: "signal", signal: name })),
      runtime.failed,
    ]);
    over.abort();
    await progress;
    if (end.type === "signal") return interrupted(call, end.signal);
    const stats = (await runtime.stats()).byName[jobs.hash.name];
    const elapsedMs = systemClock.monotonic() - began;
    const summary = summaryOf(run, target, end.result, stats, elapsedMs);
    call.out.answer(summary, (paint) => summaryText(paint, summary, call.start));
    return summary.failed === 0 ? 0 : 1;
  } finally {
    over.abort();
    await runtime.stop({ graceMs: limits.demoGraceMs });
  }
}

/** A run that failed says why in its own error, which the rejection does not carry. */
async function resultOf(runtime: Runtime, run: JobId): Promise<RunResult> {
  try {
    return await runtime.result<RunResult>(run);
  } catch (error) {
    if (!(error instanceof ErgateError) || error.code !== "ERR_ERGATE_RESULT_DEAD") throw error;
    const reason = (await runtime.jobs.get(run))?.reason;
    throw reason === undefined ? error : new ErgateError(error.code, reason, { cause: error });
  }
}

function interrupted({ out }: Call, signal: EndSignal): number {
  out.note(`${signal}: stopping; start it again to go on`);
  return 1;
}
