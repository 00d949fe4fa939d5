import type { ClaimedJob, JobId, NewJob } from "../job/job.ts";
import type { Settlement } from "../job/outcome.ts";
import type { DeclaredQueue, QueueSettings } from "../job/queue.ts";
import type { StoredDefinition } from "../job/registry.ts";
import type { JobState } from "../job/state.ts";
import type { BusAnswers, BusWrite } from "./bus.ts";
import type { CommandAnswers, CommandWrite } from "./command.ts";
import type { HookAnswers, HookWrite } from "./hook.ts";
import type { LockAnswers, LockWrite } from "./lock.ts";
import type { ClearedWorker, OrphanedWorker, RescuedWorker, SpawnedRun } from "./rescue.ts";
import type { Retention } from "./retention.ts";
import type { ScheduleAnswers, ScheduleWrite } from "./schedule.ts";

/**
 * The closed set of writes. A batch of them is one transaction: all are on disk or none is. Times
 * come from the caller's clock; a store holds one namespace, so none of them names it.
 */
export type Write =
  | ({ type: "join"; worker: NewWorker; now: number } & Declarations)
  /** `jobs`: what this store's worker, if it joined, runs now. */
  | ({ type: "declare"; jobs?: readonly string[]; now: number } & Declarations)
  | { type: "beat"; worker: number; leaseUntil: number }
  /** `keepLocks`: it joins anew at once, and holds on to its locks. */
  | { type: "leave"; worker: number; now: number; keepLocks?: boolean }
  /**
   * Finds runtimes that died, gives their jobs back and counts crashes. Commands of one that died
   * on this `host` stay as they are until it is `cleared`: what is left of them is ended first.
   */
  | {
      type: "rescue";
      worker: number;
      now: number;
      host?: string | undefined;
      cleared?: readonly ClearedWorker[];
    }
  | { type: "enqueue"; jobs: readonly NewJob[]; now: number }
  | { type: "claim"; worker: number; demands: readonly Demand[]; now: number }
  /** Marks runs that were claimed ahead as entered, so that a crash can suspect them. */
  | { type: "enter"; runs: readonly Entry[] }
  /** Notes the processes of this worker's runs: what is left of them is found by that. */
  | { type: "spawn"; runs: readonly SpawnedRun[] }
  | { type: "settle"; settlements: readonly Settlement[]; followers: readonly Follower[] }
  /** Lingering runs of this worker that are over: their places in the limits are free. */
  | { type: "cease"; runs: readonly CeasedRun[] }
  | { type: "note"; notes: readonly RunNote[] }
  | { type: "promote"; now: number; limit: number }
  | {
      type: "end";
      move: "stop" | "cancel" | "discard";
      ids: readonly JobId[];
      reason: string;
      now: number;
    }
  | { type: "retry"; ids: readonly JobId[]; now: number }
  | { type: "delete"; ids: readonly JobId[] }
  | QueueWrite
  | LockWrite
  /** Deletes waiting jobs of a queue, at most `limit`. */
  | { type: "purge"; queue: string; limit: number }
  /** Deletes final jobs past their retention, at most `limit`. */
  | { type: "prune"; retention: Retention; now: number; limit: number }
  | ScheduleWrite
  | CommandWrite
  | HookWrite
  | BusWrite;

/** What each write answers, by its type. */
export interface WriteAnswers
  extends ScheduleAnswers,
    LockAnswers,
    CommandAnswers,
    HookAnswers,
    BusAnswers {
  join: { worker: number };
  declare: undefined;
  beat: undefined;
  leave: undefined;
  rescue: { workers: readonly RescuedWorker[]; orphaned: readonly OrphanedWorker[] };
  /**
   * Only what was not created; all others are `available`, or `scheduled` where their time is
   * later.
   */
  enqueue: { duplicates: readonly Duplicate[] };
  claim: ClaimAnswer;
  enter: undefined;
  spawn: undefined;
  /**
   * Indexes of settlements whose fence no longer held: they moved nothing; and of those that ended
   * a job as dead and, as its `skipDead` wants, deleted it. Of the followers those that were not
   * created, late ones aside.
   */
  settle: {
    late: readonly number[];
    skipped: readonly number[];
    duplicates: readonly Duplicate[];
  };
  cease: undefined;
  note: undefined;
  /** `nextAt`: when the earliest job that still waits for its time is due. */
  promote: { promoted: readonly MovedJob[]; nextAt: number | undefined };
  end: { ends: readonly EndAnswer[] };
  retry: { retries: readonly RetryAnswer[] };
  delete: { deletions: readonly DeleteAnswer[] };
  pause: { changed: boolean };
  resume: { changed: boolean };
  configure: { changed: boolean };
  purge: { deleted: readonly JobId[] };
  /** `finalBytes` of all final jobs, `dead`: how many, after it. */
  prune: { deleted: readonly JobId[]; more: boolean; finalBytes: number; dead: number };
}

/** What code says of its jobs and queues. */
export interface Declarations {
  definitions: readonly StoredDefinition[];
  queues?: readonly DeclaredQueue[];
}

/** What is asked of a queue by hand. */
export type QueueWrite =
  /** `until` undefined: until it is resumed. */
  | { type: "pause"; queue: string; until?: number | undefined; now: number }
  | { type: "resume"; queue: string; now: number }
  /** Sets what is given and leaves the rest. */
  | { type: "configure"; queue: string; settings: Partial<QueueSettings>; now: number };

export type WriteAnswer<W extends Write = Write> = WriteAnswers[W["type"]];

/** A new job that met another one, by its place among the new ones. */
export type Duplicate =
  /** Its id was there, or its key is held: by the job `id`, which is, or ended, in that state. */
  | { type: "duplicate"; at: number; id: JobId; state: JobState }
  /** The waiting holder `id` got its arguments, and its time where it `moved`. */
  | { type: "replaced"; at: number; id: JobId; state: JobState; moved: Moved | undefined }
  /** `id` holds its key; undefined: another job of its own call would. */
  | { type: "rejected"; at: number; id: JobId | undefined }
  /** As many jobs as may wait in its queue wait there already. */
  | { type: "full"; at: number; queue: string; maxDepth: number }
  /** It goes with one that was rejected, or found its queue full. */
  | { type: "dropped"; at: number };

/** A waiting job's new time. */
export interface Moved {
  queue: string;
  runAt: number;
}

export interface NewWorker {
  /** A random id of the runtime, which also names its lock. */
  id: string;
  host: string;
  pid: number;
  version: string;
  concurrency: number;
  threads: number;
  startedAt: number;
  leaseUntil: number;
  /** Names of the jobs that it runs. */
  jobs: readonly string[];
  /** A digest of the schedules that its code declares; undefined: it says nothing of them. */
  declared: string | undefined;
}

/** What one kind of slots (loop, threads or commands) can take. */
export interface Demand {
  names: readonly string[];
  /** Free slots: any of the names. */
  slots: number;
  /** Beyond the slots, by name: jobs whose measured runs are short. */
  ahead: readonly { name: string; count: number }[];
  /** Whether a suspect may be among them. */
  suspect: boolean;
}

export interface ClaimAnswer {
  jobs: readonly ClaimedJob[];
  /** By demand: true when nothing that it could take is left. */
  dry: readonly boolean[];
  /**
   * Runs of this worker that were asked to end, by whatever process; only where another wrote to
   * the file.
   */
  asks: readonly RunAsk[];
  /** Queues that are paused now; undefined where that did not change since the last claim. */
  paused: readonly string[] | undefined;
  /** Jobs are held back by a concurrency: the end of a run may free the next. */
  held: boolean;
  /** When a rate or the end of a pause frees more; undefined where nothing waits for a time. */
  freeAt: number | undefined;
}

export interface RunAsk {
  seq: number;
  fence: number;
  ask: "stop" | "cancel";
  reason: string;
}

export interface Entry {
  seq: number;
  fence: number;
  startedAt: number;
}

export interface CeasedRun {
  lane: number;
  seq: number;
  fence: number;
}

/** A job enqueued `with: "result"`: committed only if the settlement at this index is not late. */
export interface Follower {
  of: number;
  job: NewJob;
}

export interface RunNote {
  seq: number;
  fence: number;
  progress: number | undefined;
  checkIn: string | undefined;
  /** When the run said so. */
  at: number;
}

export interface MovedJob {
  id: JobId;
  name: string;
  queue: string;
}

/** `asked`: it runs; its owner was told. `moved`: done. `final`, `unknown`: nothing changed. */
export type EndAnswer =
  | { type: "moved"; id: JobId; name: string; queue: string }
  | { type: "asked"; id: JobId; worker: number; seq: number; fence: number }
  | { type: "final"; id: JobId; state: JobState }
  | { type: "unknown"; id: JobId };

export type RetryAnswer =
  | { type: "moved"; id: JobId; name: string; queue: string }
  | { type: "refused"; id: JobId; state: JobState }
  /** Another job, `by`, holds its unique key. */
  | { type: "taken"; id: JobId; by: JobId }
  | { type: "unknown"; id: JobId };

export type DeleteAnswer =
  | { type: "deleted"; id: JobId }
  | { type: "running"; id: JobId }
  | { type: "unknown"; id: JobId };
