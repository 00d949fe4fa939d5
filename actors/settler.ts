import type { Clock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import type { Random } from "../lib/base/random.ts";
import type { JobDefinition } from "../lib/job/definition.ts";
import { type Asked, type Ending, outcomeOf } from "../lib/job/ending.ts";
import type { ClaimedJob, NewJob } from "../lib/job/job.ts";
import type { Outcome, Settlement } from "../lib/job/outcome.ts";
import { countedAs } from "../lib/metric/snapshot.ts";
import type { HeldLock } from "../lib/protocol/lock.ts";
import type { EndedRun } from "../lib/protocol/queue.ts";
import type { RanRun } from "../lib/protocol/stats.ts";
import type { CeasedRun, Follower } from "../lib/protocol/write.ts";
import { deathOf } from "./deaths.ts";
import { releasedOf } from "./freshness.ts";
import type { Links } from "./links.ts";
import type { RunLines } from "./run-lines.ts";

/** How a run ended, from wherever it ran. */
export interface RunEnd {
  job: ClaimedJob;
  definition: JobDefinition | undefined;
  startedAt: number;
  finishedAt: number;
  runMs: number;
  ending: Ending;
  asked: Asked;
  reason: string;
  followers: readonly NewJob[];
  /** What it holds: free in the commit that settles it. */
  locks: readonly HeldLock[];
  /** What it leaves even where it failed. */
  result?: string | undefined;
  /** Its process was noted in the store. */
  isNoted?: boolean | undefined;
  /** Its handler goes on although its job is settled. */
  lingers?: boolean;
}

/**
 * Turns ended runs into settlements and hands them on, a batch a turn. What the queue has no room
 * for stays and merges with the next: a result is never lost.
 */
export class Settler {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #links: Links;
  readonly #lines: RunLines | undefined;
  #ended: EndedRun[] = [];
  #followers: Follower[] = [];
  #ran: RanRun[] = [];
  #ceased: CeasedRun[] = [];
  #flushedMs = 0;

  constructor(clock: Clock, random: Random, links: Links, lines: RunLines | undefined) {
    this.#clock = clock;
    this.#random = random;
    this.#links = links;
    this.#lines = lines;
  }

  /** Decides the outcome and gathers it. */
  end(end: RunEnd): void {
    const { job, definition, ending, asked, reason, finishedAt } = end;
    const { attempt, maxAttempts } = job;
    const backoff = definition?.backoff;
    const facts = { attempt, maxAttempts, asked, reason, now: finishedAt, backoff };
    const decided = skipping(outcomeOf(ending, facts, this.#random), definition);
    const outcome = leaving(decided, end.result);
    // Only of a run that completed: one that is tried again would enqueue them twice.
    for (const job of outcome.type === "completed" ? end.followers : noJobs) {
      this.#followers.push({ of: this.#ended.length, job });
    }
    this.#gather(end, outcome);
  }

  release(job: ClaimedJob, entered: boolean, locks?: readonly HeldLock[]): void {
    this.#ended.push(releasedOf(job, this.#clock.now(), entered, locks));
    if (entered) this.#lines?.ended(job, { type: "released", entered }, undefined);
  }

  /** A run that lingered is over. */
  cease({ lane, seq, fence }: ClaimedJob): void {
    this.#ceased.push({ lane, seq, fence });
  }

  /**
   * Hands on what ended. Where it `mayWait`, few runs wait a moment for others: with jobs of 1 ms
   * in threads a commit a job took a third of the cores. Returns after how many ms to be called
   * again for what stayed, 0 for nothing.
   */
  flush(mayWait: boolean): number {
    this.#count();
    if (this.#ended.length === 0) return this.#flushCeased();
    const now = this.#clock.monotonic();
    const few = this.#ended.length < limits.settleHoldRuns;
    if (mayWait && few && now - this.#flushedMs < limits.settleHoldMs) return limits.settleHoldMs;
    this.#flushedMs = now;
    const ended = this.#ended;
    const followers = this.#followers;
    if (!this.#links.queue.tell({ type: "settle", ended, followers })) return limits.settleAgainMs;
    this.#ended = [];
    this.#followers = [];
    return this.#flushCeased();
  }

  /** After what ended: the queue must know of a lingering run before it hears of its end. */
  #flushCeased(): number {
    if (this.#ceased.length === 0) return 0;
    if (!this.#links.queue.tell({ type: "cease", runs: this.#ceased })) return limits.settleAgainMs;
    this.#ceased = [];
    return 0;
  }

  #gather(end: RunEnd, outcome: Outcome): void {
    const { job, startedAt, runMs, locks } = end;
    this.#lines?.ended(job, outcome, runMs);
    const died = outcome.type === "discarded" ? deathOf(end, outcome.reason) : undefined;
    this.#ended.push({ job, settlement: settlementOf(end, outcome), died, locks });
    this.#ran.push({
      name: job.name,
      outcome: countedAs(outcome.type),
      monotonicMs: this.#clock.monotonic(),
      runMs,
      waitMs: Math.max(0, startedAt - job.runAt),
    });
  }

  /** Only hints: what stats has no room for is counted there as dropped. */
  #count(): void {
    if (this.#ran.length === 0) return;
    this.#links.stats.tell({ type: "ran", runs: this.#ran });
    this.#ran = [];
  }
}

const noJobs: readonly NewJob[] = Object.freeze([]);

/** Field by field: spreading another object into it made twice the garbage. */
function settlementOf(end: RunEnd, outcome: Outcome) {
  const { job, startedAt, finishedAt, lingers, isNoted } = end;
  const { seq, lane, bytes, id, attempt, fence, unique, hooked } = job;
  const settlement: Settlement = {
    seq,
    lane,
    bytes,
    id,
    attempt,
    fence,
    startedAt,
    finishedAt,
    outcome,
    unique,
    hooked,
  };
  if (lingers === true) settlement.lingers = true;
  if (isNoted === true) settlement.spawned = true;
  return settlement;
}

function leaving(outcome: Outcome, result: string | undefined): Outcome {
  if (result === undefined) return outcome;
  switch (outcome.type) {
    case "failed":
    case "discarded":
    case "stopped":
    case "cancelled":
      return { ...outcome, result };
    default:
      return outcome;
  }
}

function skipping(outcome: Outcome, definition: JobDefinition | undefined): Outcome {
  if (outcome.type !== "discarded" || definition?.skipDead !== true) return outcome;
  return { ...outcome, skipDead: true };
}
