import { limits } from "../base/limits.ts";
import type { Runtime } from "../client/client.ts";
import type { Job } from "../job/job.ts";
import { type HashArgs, type HashResult, pathBytes } from "./demo-path.ts";
import type { Failure, RunResult } from "./demo-run.ts";
import { Sorter } from "./demo-sort.ts";
import { sumLine, writeSums } from "./demo-sums.ts";
import { type DemoTarget, nameIn } from "./demo-target.ts";
import { pagesOf } from "./paging.ts";

/** Reads the results of a queue whose jobs are all final, and writes OUT from them. */
export async function collect(
  runtime: Runtime,
  target: DemoTarget,
  queue: string,
  troubles: readonly Failure[],
  signal: AbortSignal,
): Promise<RunResult> {
  const sorter = new Sorter(`${target.db}-sums-${target.key}-`);
  const failures = new Failures(troubles);
  let files = 0;
  let bytes = 0;
  try {
    for await (const jobs of pagesOf((page) => runtime.jobs.list({ queue, ...page }))) {
      signal.throwIfAborted();
      for (const job of jobs) {
        if (job.state !== "completed") failures.add(failureOf(job));
        else {
          const result = job.result as unknown as HashResult;
          files++;
          bytes += result.bytes;
          await sorter.add(recordOf(target, job, result));
        }
      }
    }
    await checkComplete(runtime, queue, files);
    await writeSums(target, linesOf(sorter));
  } finally {
    sorter.close();
  }
  return { files, bytes, failed: failures.count, failures: failures.first };
}

class Failures {
  readonly first: Failure[] = [];
  count = 0;

  constructor(known: readonly Failure[]) {
    for (const failure of known) this.add(failure);
  }

  add(failure: Failure): void {
    this.count++;
    if (this.first.length < limits.demoFailuresShown) this.first.push(failure);
  }
}

function failureOf({ args, reason, state }: Job): Failure {
  return { path: (args as unknown as HashArgs).path, reason: reason ?? state };
}

/** The name comes first, so that records sort by it; neither part holds a NUL. */
function recordOf(target: DemoTarget, { args }: Job, { sha256 }: HashResult): string {
  const path = pathBytes(args as unknown as HashArgs).toString("latin1");
  return `${nameIn(target, path)}\u0001${sha256}`;
}

async function* linesOf(sorter: Sorter): AsyncGenerator<string> {
  for await (const record of sorter.sorted()) {
    const middle = record.lastIndexOf("\u0001");
    yield sumLine(record.slice(middle + 1), record.slice(0, middle));
  }
}

/** Somebody may delete jobs beside us: rather no OUT than one that lacks files. */
async function checkComplete(runtime: Runtime, queue: string, files: number): Promise<void> {
  const counted = await runtime.jobs.count({ queue, state: "completed" });
  if (counted === files) return;
  throw new Error(`${files} of ${counted} results were found: start again to go on`);
}
