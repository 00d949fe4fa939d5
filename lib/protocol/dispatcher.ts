import type { Asked, Ending } from "../job/ending.ts";
import type { ClaimedJob, NewJob } from "../job/job.ts";
import type { Reply } from "../kernel/message.ts";
import type { RunAsk } from "./write.ts";

/** What the dispatcher accepts. Results of runs are its own business and come as `ended`. */
export type DispatcherMessage =
  | { type: "claimed"; jobs: readonly ClaimedJob[] }
  | { type: "ask"; asks: readonly RunAsk[] }
  /** These queues are paused now: what was claimed ahead of them goes back. */
  | { type: "paused"; queues: readonly string[] }
  /** Names were registered: the demand changes. */
  | { type: "registered" }
  /** Go on starting what was claimed: the turn's time was used up. */
  | { type: "continue" }
  /** Runs ended since the last turn. */
  | { type: "ended" }
  /** Thread runs that ended. */
  | { type: "threadEnded"; endings: readonly EndedThreadRun[] }
  /** Thread jobs that come back: not entered, or of a batch whose thread died. */
  | { type: "threadReturned"; seqs: readonly number[] }
  /** Runs that were claimed ahead may have been entered. */
  | { type: "mark" }
  /** Lines wait no longer for the sink: claim again. */
  | { type: "room" }
  | { type: "start"; reply: Reply<null> }
  | { type: "stop"; graceMs: number; reply: Reply<null> }
  | { type: "abort" }
  | { type: "abandon" };

export interface EndedThreadRun {
  /** The job's `seq`. */
  key: number;
  fence: number;
  startedAt: number;
  finishedAt: number;
  ranMs: number;
  ending: Ending;
  asked: Asked;
  reason: string;
  /** Enqueued `with: "result"`. */
  followers: readonly NewJob[];
}
