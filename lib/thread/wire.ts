import type { MessagePort } from "node:worker_threads";
import type { PlainFault } from "../base/error.ts";
import type { EnqueueOptions } from "../job/context.ts";
import type { Asked } from "../job/ending.ts";
import type { Receipt } from "../job/job.ts";
import type { PlannedRun } from "../job/run.ts";
import type { ThrownWire } from "./ending-wire.ts";
import type { ThreadJob, ThreadLine, ThreadNote } from "./thread.ts";

/**
 * What crosses between host and thread. Whatever there is one of per job lies in flat arrays of
 * numbers and texts: cloning an object a job costs more than running a short one.
 */

/** Work handed to a thread through Piscina. */
export type ThreadTask = RunTask | { type: "load"; slot: number; url: string } | { type: "idle" };

export interface RunTask {
  type: "run";
  task: number;
  /** The slot of the first job; the others follow. */
  slot: number;
  /** Name, queue and URL, shared by the jobs that have the same. */
  kinds: string[];
  jobs: Flat;
  /** By job, JSON text of what middlewares set; absent where none did. */
  values?: (string | undefined)[];
  /** By job, where one has it: the schedule that it is a run of. */
  schedules?: (PlannedRun | undefined)[];
}

export type Flat = (number | string | undefined)[];

export interface RunResult {
  thread: number;
  /** Messages that the thread had sent before: the host reads those first. */
  posted: number;
  endings: Flat;
}

/** What went wrong while a module was loaded, as texts. */
export type LoadResult = ThrownWire | undefined;

/** From a thread's own port to the host. */
export type FromThread =
  | { type: "lines"; seq: number; bytes: number; lines: Flat }
  | { type: "notes"; notes: Flat }
  | { type: "enqueue"; calls: Flat; options: EnqueueOptions[] }
  | { type: "ended"; task: number; endings: Flat; recycled: boolean }
  | { type: "bye" };

/** From the host to a thread. */
export type ToThread =
  | { type: "ask"; task: number; at: number; asked: Asked; reason: string }
  | { type: "flush"; task: number }
  | { type: "stopping" }
  | { type: "taken"; seq: number }
  | { type: "receipt"; call: number; receipt: Receipt }
  | { type: "refused"; call: number; fault: PlainFault }
  | { type: "teardown" };

/**
 * The first message of a thread, through Piscina: its own port, and how many bytes of lines are
 * under way.
 */
export interface Hello {
  ergate: "hello";
  thread: number;
  port: MessagePort;
  gauge: Int32Array;
}

export interface ThreadData {
  shared: SharedArrayBuffer;
  payloadBytes: number;
  recycleAfter: number;
}

const kindStride = 3;
const jobStride = 6;

export function runTask(task: number, slot: number, jobs: readonly ThreadJob[]): RunTask {
  const kinds: string[] = [];
  const flat: Flat = [];
  let kind = 0;
  for (const job of jobs) {
    if (!isKind(kinds, kind, job)) kind = kindOf(kinds, job);
    flat.push(job.key, job.fence, job.id, kind, job.args, job.attempt);
  }
  const run: RunTask = { type: "run", task, slot, kinds, jobs: flat };
  if (jobs.some(isValued)) run.values = jobs.map(({ values }) => values);
  if (jobs.some(isPlanned)) run.schedules = jobs.map(({ schedule }) => schedule);
  return run;
}

const isValued = ({ values }: ThreadJob) => values !== undefined;
const isPlanned = ({ schedule }: ThreadJob) => schedule !== undefined;

function kindOf(kinds: string[], job: ThreadJob): number {
  let kind = 0;
  while (kind < kinds.length && !isKind(kinds, kind, job)) kind += kindStride;
  if (kind === kinds.length) kinds.push(job.name, job.queue, job.url);
  return kind;
}

function isKind(kinds: readonly string[], kind: number, job: ThreadJob): boolean {
  return kinds[kind] === job.name && kinds[kind + 1] === job.queue && kinds[kind + 2] === job.url;
}

/** A job as its thread sees it. */
export interface WireJob {
  key: number;
  fence: number;
  id: string;
  name: string;
  queue: string;
  url: string;
  args: string;
  attempt: number;
  values: string | undefined;
  schedule: PlannedRun | undefined;
}

export function jobCount(task: RunTask): number {
  return task.jobs.length / jobStride;
}

export function jobAt(task: RunTask, at: number): WireJob {
  const from = at * jobStride;
  const kind = task.jobs[from + 3] as number;
  return {
    key: task.jobs[from] as number,
    fence: task.jobs[from + 1] as number,
    id: task.jobs[from + 2] as string,
    name: task.kinds[kind] as string,
    queue: task.kinds[kind + 1] as string,
    url: task.kinds[kind + 2] as string,
    args: task.jobs[from + 4] as string,
    attempt: task.jobs[from + 5] as number,
    values: task.values?.[at],
    schedule: task.schedules?.[at],
  };
}

export function linesOf(flat: Flat): ThreadLine[] {
  const lines: ThreadLine[] = [];
  for (let from = 0; from < flat.length; from += 5) {
    lines.push({
      key: flat[from] as number,
      fence: flat[from + 1] as number,
      at: flat[from + 2] as number,
      level: flat[from + 3] as ThreadLine["level"],
      text: flat[from + 4] as string,
    });
  }
  return lines;
}

export function notesOf(flat: Flat): ThreadNote[] {
  const notes: ThreadNote[] = [];
  for (let from = 0; from < flat.length; from += 4) {
    notes.push({
      key: flat[from] as number,
      fence: flat[from + 1] as number,
      progress: flat[from + 2] as number | undefined,
      checkIn: flat[from + 3] as string | undefined,
    });
  }
  return notes;
}

export interface WireCall {
  call: number;
  key: number;
  fence: number;
  name: string;
  args: string;
}

export function callsOf(flat: Flat): WireCall[] {
  const calls: WireCall[] = [];
  for (let from = 0; from < flat.length; from += 5) {
    calls.push({
      call: flat[from] as number,
      key: flat[from + 1] as number,
      fence: flat[from + 2] as number,
      name: flat[from + 3] as string,
      args: flat[from + 4] as string,
    });
  }
  return calls;
}
