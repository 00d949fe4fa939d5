import type { HookEvent } from "../job/hook.ts";
import type { Job, JobId } from "../job/job.ts";
import type { JobState } from "../job/state.ts";

/** What is told by a hook: the job as it was at its move, or at its check-in. */
export interface HookFacts
  extends Pick<
    Job,
    | "id"
    | "name"
    | "state"
    | "attempt"
    | "meta"
    | "createdAt"
    | "runAt"
    | "finishedAt"
    | "checkIn"
    | "checkInAt"
    | "parent"
    | "reason"
  > {
  /** When its state changed last. */
  changedAt: number;
  /** Ids of the newest jobs that its handler made, the newest first. */
  children: readonly JobId[];
}

/** An event that is to be told. Of a job's, at most one to an address is due or claimed. */
export interface HookRow {
  /** Rises over the file and never comes twice: the order within a stream. */
  seq: number;
  /** The number of its job's row. */
  stream: number;
  job: JobId;
  event: HookEvent;
  url: string;
  host: string;
  /** Its hook and the job's facts, as JSON text. */
  hook: string;
  facts: string;
  createdAt: number;
  attempts: number;
  /** Of its first attempt. */
  firstAt: number | undefined;
  /** When it may be sent; while it is, when another may send it. Undefined: not its turn. */
  dueAt: number | undefined;
  /** Who sends it. */
  owner: string | undefined;
  error: string | undefined;
  deadAt: number | undefined;
}

/** One to be sent now, by whom claimed it. Fenced by `attempt` and the claim's owner. */
export interface HookClaim
  extends Pick<HookRow, "seq" | "job" | "event" | "url" | "host" | "hook" | "facts" | "createdAt"> {
  attempt: number;
  firstAt: number;
}

/** What came of an attempt. */
export type HookOutcome =
  | { type: "delivered" }
  | { type: "failed"; error: string; nextAt: number }
  | { type: "dead"; error: string }
  /** The receiver is gone for good: its address is switched off. */
  | { type: "gone"; error: string }
  /** It was not tried to its end: another attempt takes its place. */
  | { type: "released" };

export interface HookResult {
  seq: number;
  attempt: number;
  owner: string;
  outcome: HookOutcome;
}

export type HookWrite =
  /** Sets the hook of a job that is not final, and opens its address. */
  | { type: "registerHook"; id: JobId; hook: string; url: string }
  /**
   * Hands out events that are due, `limit` at most and so many a host as it has room, behind host
   * `after` first. They are claimed until `until`.
   */
  | {
      type: "claimHooks";
      owner: string;
      now: number;
      until: number;
      limit: number;
      perHost: number;
      /** Events under way by host. */
      busy: Readonly<Record<string, number>>;
      after: string;
    }
  | { type: "settleHooks"; results: readonly HookResult[]; now: number }
  /**
   * Takes dead events up again: one, or those of an address or of a job, of the `limit` oldest that
   * are numbered above `after`. The oldest first: a page's are sent before the next page comes.
   */
  | { type: "resendHooks"; which: HookChoice; after: number; now: number; limit: number }
  /** Switches an address off or on. */
  | { type: "disableHook"; url: string; reason: string; now: number }
  | { type: "enableHook"; url: string };

export type HookChoice = { seq: number } | { url: string } | { job: JobId };

export interface HookAnswers {
  registerHook: { type: "registered" } | { type: "final"; state: JobState } | { type: "unknown" };
  claimHooks: {
    claims: readonly HookClaim[];
    /** The last host looked at: the next look goes on behind it. Empty: all were. */
    after: string;
    /** Events that died because their address is switched off. */
    buried: number;
  };
  /** By result: whether the claim still held. */
  settleHooks: { held: readonly boolean[] };
  /** `next`: where to go on; undefined at the end. */
  resendHooks: { resent: number; next: number | undefined };
  disableHook: { changed: boolean };
  enableHook: { changed: boolean };
}

export interface HookTotals {
  waiting: number;
  dead: number;
  /** Events that found no room among those that wait, since the file was made: dead at once. */
  refused: number;
  /** Dead ones that gave way to others, since then. */
  dropped: number;
  /** When the oldest of those that wait happened. */
  oldestAt: number | undefined;
}

export type HookQuery =
  /** When the next is due; undefined: none waits. */
  | { type: "nextHook" }
  | { type: "hookTotals" }
  | { type: "hook"; seq: number }
  /** Newest first. A page may be short of its limit and still have a `next`. */
  | {
      type: "hooks";
      state: "waiting" | "dead" | undefined;
      job: JobId | undefined;
      url: string | undefined;
      cursor: string | undefined;
      limit: number;
    }
  /** Switched-off addresses, by name. */
  | { type: "disabledHooks" };

export interface HookQueryAnswers {
  nextHook: number | undefined;
  hookTotals: HookTotals;
  hook: HookRow | undefined;
  hooks: { items: readonly HookRow[]; next: string | undefined };
  disabledHooks: readonly DisabledHook[];
}

export interface DisabledHook {
  url: string;
  reason: string;
  at: number;
}
