import { createHash } from "node:crypto";
import { limits } from "../base/limits.ts";
import { sibling } from "../base/sibling.ts";
import type { EnqueueRequest, Runtime } from "../client/client.ts";
import type { JobContext } from "../job/context.ts";
import { defineJob, type JobDefinition } from "../job/definition.ts";
import type { Job, JobFilter, JobId } from "../job/job.ts";
import { collect } from "./demo-collect.ts";
import { type BytePath, hashArgs } from "./demo-path.ts";
import { type DemoTarget, ownFiles } from "./demo-target.ts";
import { untilIdle } from "./demo-wait.ts";
import { filesBelow } from "./demo-walk.ts";

/**
 * A run of the demo is a job itself: `demo-run:<key>`, in the loop, which is final only once OUT is
 * written. So the database says which run is unfinished; the runtime lets one process at a time
 * conduct it and gives it to the next when that one dies. Each file is a job `demo-hash:<key>` with
 * an id made of the run and the path: enqueueing it again after a crash finds it there, done or
 * not. The names carry the key of (PATH, OUT), so that no other demo on the same file takes them.
 */
export interface DemoJobs {
  readonly run: JobDefinition;
  readonly hash: JobDefinition;
}

/** What a finished run knows of itself. */
export interface RunResult {
  files: number;
  bytes: number;
  failed: number;
  /** The first of them. */
  failures: readonly Failure[];
}

/** The run that a start works on. */
export interface CurrentRun {
  id: JobId;
  /** Files that were done before this start. */
  resumed: number;
}

export interface Failure {
  path: string;
  reason: string;
}

/** `runtimeOf` is asked only when the run is conducted: the runtime is made with these jobs. */
export function demoJobs(target: DemoTarget, runtimeOf: () => Runtime): DemoJobs {
  const hash = defineJob(`demo-hash:${target.key}`, {
    thread: sibling(import.meta.url, "./demo-hash-entry"),
    crashLimit: Number.POSITIVE_INFINITY,
    backoff: limits.demoBackoffMs,
  });
  const run = defineJob(`demo-run:${target.key}`, {
    crashLimit: Number.POSITIVE_INFINITY,
    maxAttempts: 1,
    run: (_args: unknown, ctx) => conduct(runtimeOf(), target, hash, ctx),
  });
  return { run, hash };
}

/** The target's unfinished run, else a new one. Two processes that ask at once get the same. */
export async function currentRun(
  runtime: Runtime,
  target: DemoTarget,
  { run, hash }: DemoJobs,
): Promise<CurrentRun> {
  const latest = await newestOf(runtime, { name: run.name });
  if (latest !== undefined && latest.state !== "completed") {
    // One that failed, or that somebody ended by hand, goes on where it was.
    await runtime.jobs.retry(latest.id).catch(() => false);
    return { id: latest.id, resumed: await doneOf(runtime, latest.id, hash.queue) };
  }
  const id = runId(target, latest === undefined ? 1 : numberOf(latest.id) + 1);
  const args = { path: Buffer.from(target.root, "latin1").toString(), out: target.out };
  await runtime.enqueue(run, args, { id });
  return { id, resumed: 0 };
}

/**
 * A run enqueues only once all of the one before is gone: then the queue's newest job is its own.
 */
async function doneOf(runtime: Runtime, run: JobId, queue: string): Promise<number> {
  const newest = await newestOf(runtime, { queue });
  if (newest?.tags.includes(tagOf(run)) !== true) return 0;
  return runtime.jobs.count({ queue, state: "completed" });
}

async function newestOf(runtime: Runtime, filter: JobFilter): Promise<Job | undefined> {
  let cursor: string | undefined;
  do {
    const page = await runtime.jobs.list({ ...filter, limit: 1, ...(cursor && { cursor }) });
    if (page.items[0] !== undefined) return page.items[0];
    cursor = page.next;
  } while (cursor !== undefined);
  return undefined;
}

function runId({ key }: DemoTarget, number: number): JobId {
  return `demo-run:${key}:${number}`;
}

function numberOf(id: JobId): number {
  return Number(id.slice(id.lastIndexOf(":") + 1));
}

/** Safe to be killed anywhere: each step finds what an earlier conductor did of it. */
async function conduct(
  runtime: Runtime,
  target: DemoTarget,
  hash: JobDefinition,
  ctx: JobContext,
): Promise<RunResult> {
  const queue = hash.queue;
  await forgetEarlier(runtime, target, queue, numberOf(ctx.id));
  const troubles = await enqueueFiles(runtime, target, hash, ctx);
  await untilIdle(runtime, queue, ctx.signal);
  return collect(runtime, target, queue, troubles, ctx.signal);
}

/**
 * Results stay until the target's next run. Its jobs are told by their tag: they share the queue,
 * and a conductor that takes over must not delete its own. The marker itself stays one run longer,
 * for a second process that still waits for it.
 */
async function forgetEarlier(
  runtime: Runtime,
  target: DemoTarget,
  queue: string,
  number: number,
): Promise<void> {
  if (number === 1) return;
  await runtime.jobs.deleteAll({ queue, tag: tagOf(runId(target, number - 1)) });
  if (number > 2) await runtime.jobs.delete(runId(target, number - 2));
}

function tagOf(run: JobId): string {
  return `run:${run}`;
}

/**
 * Enqueues while the tree is read: threads hash the first files meanwhile. Resolves with bad
 * folders.
 */
async function enqueueFiles(
  runtime: Runtime,
  target: DemoTarget,
  job: JobDefinition,
  { id, signal }: JobContext,
): Promise<Failure[]> {
  const troubles: Failure[] = [];
  const trouble = (path: BytePath, reason: string) => {
    troubles.push({ path: hashArgs(path).path, reason });
  };
  const walk = { skips: ownFiles(target), trouble, signal };
  const tags = [tagOf(id)];
  let size: number = limits.demoFirstBatch;
  let batch: EnqueueRequest[] = [];
  let commit: Promise<unknown> = Promise.resolve();
  const flush = async () => {
    // The next batch is gathered while one commits.
    await commit;
    commit = runtime.enqueueMany(batch);
    // Awaited above, a turn later: it must not count as unhandled until then.
    commit.catch(() => {});
    batch = [];
    size = Math.min(limits.batchRows, size * 2);
  };
  for await (const paths of filesBelow(target.root, walk)) {
    for (const path of paths) {
      batch.push({ job, args: hashArgs(path), id: fileId(id, path), tags });
      if (batch.length >= size) await flush();
    }
  }
  if (batch.length > 0) await flush();
  await commit;
  return troubles;
}

/** 132 bits of the path's digest: no two files of a run ever meet. */
function fileId(run: JobId, path: BytePath): JobId {
  const digest = createHash("sha256").update(path, "latin1").digest("base64url").slice(0, 22);
  return `${run}:${digest}`;
}
