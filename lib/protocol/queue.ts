import type { ClaimedJob, NewJob } from "../job/job.ts";
import type { Settlement } from "../job/outcome.ts";
import type { Reply } from "../kernel/message.ts";
import type { BusWrite } from "./bus.ts";
import type { HeldLock } from "./lock.ts";
import type { SpawnedRun } from "./rescue.ts";
import type {
  CeasedRun,
  Declarations,
  Demand,
  Duplicate,
  Entry,
  Follower,
  NewWorker,
  RunNote,
  Write,
  WriteAnswer,
} from "./write.ts";

/** Writes that somebody asks for by hand or by a timer, one at a time. */
export type AskedWrite = Extract<
  Write,
  {
    type:
      | "declare"
      | "rescue"
      | "promote"
      | "end"
      | "retry"
      | "delete"
      | "pause"
      | "resume"
      | "configure"
      | "purge"
      | "prune"
      | "saveCommand"
      | "removeCommand"
      | "declareCommands"
      | "saveSchedules"
      | "removeSchedules"
      | "fire"
      | "advance"
      | "acquire"
      | "renew"
      | "release"
      | "registerHook"
      | "claimHooks"
      | "settleHooks"
      | "resendHooks"
      | "disableHook"
      | "enableHook"
      | BusWrite["type"];
  }
>;

/** A run that ended, with the job it was: the store needs the one, events the other. */
export interface EndedRun {
  job: ClaimedJob;
  settlement: Settlement;
  /** Tells the job's owner of its death once that is on disk; undefined where nobody is told. */
  died: (() => unknown) | undefined;
  /** What it holds to its end: free in the commit that settles it. */
  locks: readonly HeldLock[];
}

/** What the only writer of the job store accepts. */
export type QueueMessage =
  | { type: "enqueue"; jobs: readonly NewJob[]; reply: Reply<Duplicates> }
  /** Makes this runtime known to the file; until then nothing is claimed. */
  | {
      type: "join";
      worker: NewWorker;
      declarations: Declarations;
      reply: Reply<null>;
    }
  | { type: "leave"; reply: Reply<null> }
  /** The dispatcher lost track of its runs: they are given back, and this runtime joins anew. */
  | { type: "rejoin" }
  /**
   * What the dispatcher can take now, knowing of `after` claims; replaces what it said before. One
   * that knows of fewer claims than were answered is out of date, and is dropped.
   */
  | { type: "demand"; demands: readonly Demand[]; after: number }
  | { type: "settle"; ended: readonly EndedRun[]; followers: readonly Follower[] }
  | { type: "enter"; runs: readonly Entry[] }
  | { type: "spawn"; runs: readonly SpawnedRun[] }
  | { type: "cease"; runs: readonly CeasedRun[] }
  | { type: "note"; notes: readonly RunNote[] }
  | { type: "write"; write: AskedWrite; reply: Reply<WriteAnswer> }
  | { type: "beat" }
  /** Another process wrote to the file, or a poll is due. */
  | { type: "look" }
  | { type: "retry" }
  /** A rate or the end of a pause may have freed something. */
  | { type: "freed" }
  /** A turn has gone by since a claim was answered. */
  | { type: "turn" }
  | { type: "applied"; batch: number; answers: readonly WriteAnswer[] }
  | { type: "failed"; batch: number; error: unknown };

/** The jobs of one question that were not created, by their place in it. */
export type Duplicates = readonly Duplicate[];
