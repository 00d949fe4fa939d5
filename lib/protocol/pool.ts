import type { ClaimedJob } from "../job/job.ts";
import type { Reply } from "../kernel/message.ts";

/** What the pool accepts. Its room is read from the threads directly: a number, not a question. */
export type PoolMessage =
  | { type: "run"; jobs: readonly ClaimedJob[] }
  | { type: "ask"; asks: readonly ThreadAsk[] }
  /** What was not entered goes back: of these queues, of all where undefined. */
  | { type: "giveBack"; queues: readonly string[] | undefined }
  | { type: "load"; names: readonly string[]; reply: Reply<null> }
  | { type: "loaded"; reply: Reply<null> }
  | { type: "unloadable"; reply: Reply<null>; error: unknown }
  | { type: "stopping" }
  /** Ended runs and returned jobs that the dispatcher had no room for. */
  | { type: "hand" }
  | { type: "kill" }
  | { type: "closed" };

export interface ThreadAsk {
  seq: number;
  fence: number;
  ask: "stop" | "cancel" | "shutdown";
  reason: string;
}
