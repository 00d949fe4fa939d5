import { ErgateError } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { Context } from "../lib/kernel/actor.ts";
import type { HeldLock } from "../lib/protocol/lock.ts";
import type { QueueMessage } from "../lib/protocol/queue.ts";
import type { Write } from "../lib/protocol/write.ts";
import {
  countOf,
  type Gathered,
  isNothing,
  nothingGathered,
  putBack,
  takeBatch,
  takeOne,
} from "./batch.ts";
import type { Claiming } from "./claims.ts";
import { traceCommit } from "./diagnostics.ts";
import type { QueueParts } from "./queue.ts";

type Claim = Extract<Write, { type: "claim" }>;

/**
 * One transaction under way. From `askedFrom` on stand the batch's asked writes, in their order.
 */
export interface Sent {
  batch: Gathered;
  writes: Write[];
  askedFrom: number;
  claiming: Claiming | undefined;
  sentAt: number;
}

/**
 * What gathers, and the transactions under way: two at most, so that one travels while the other
 * commits. Sound; refusing (waits longer before each try, facts stay); careful (one thing a batch,
 * to find what can't be done).
 */
export class Commits {
  readonly gathered = nothingGathered();
  readonly #parts: QueueParts;
  readonly #ctx: Context<QueueMessage>;
  readonly #sent = new Map<number, Sent>();
  #batches = 0;
  #refusedMs = 0;
  #waiting = false;
  #careful = 0;

  constructor(parts: QueueParts, ctx: Context<QueueMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    parts.commits.restarted();
  }

  /** Whether another transaction may be sent now. */
  get room(): boolean {
    const most = this.#careful > 0 ? 1 : limits.batchesInFlight;
    return this.#sent.size < most && !this.#waiting;
  }

  /** Nothing waits to be sent. */
  get empty(): boolean {
    return isNothing(this.gathered);
  }

  /** Only ends of runs and marks wait, and fewer than one transaction holds. */
  get onlyEnds(): boolean {
    const { asked, enqueues, notes, beat, ended, entries, ceased, spawned } = this.gathered;
    const facts = notes.length + ceased.length + spawned.length;
    const others = asked.length + enqueues.length + facts;
    return others === 0 && !beat && ended.length + entries.length < limits.batchRows;
  }

  get idle(): boolean {
    return this.#sent.size === 0 && this.empty;
  }

  send(claim: Claim | undefined, claiming: Claiming | undefined): void {
    const batch =
      this.#careful > 0 ? takeOne(this.gathered) : takeBatch(this.gathered, this.#sent.size === 0);
    if (this.#careful > 0) this.#careful--;
    const facts = factsOf(batch);
    const writes = [...facts, ...this.#wishesOf(batch)];
    if (claim !== undefined) writes.push(claim);
    const number = ++this.#batches;
    const sentAt = this.#ctx.now();
    this.#parts.commits.sent(number);
    this.#sent.set(number, { batch, writes, askedFrom: facts.length, claiming, sentAt });
    this.#ctx.pipe(
      this.#parts.store.apply(writes),
      (answers): QueueMessage => ({ type: "applied", batch: number, answers }),
      (error): QueueMessage => ({ type: "failed", batch: number, error }),
    );
  }

  /** A transaction is on disk. */
  applied(number: number): Sent {
    if (this.#refusedMs > 0) this.#parts.logger.info({}, "the store takes writes again");
    this.#refusedMs = 0;
    const sent = this.#take(number, undefined);
    this.#parts.commits.applied(number, countOf(sent.batch) + sent.batch.enqueueRows);
    return sent;
  }

  /**
   * Nothing of a transaction was done. Questions hear of it; facts wait and are tried again. Throws
   * what no later try can mend, a dead storage thread too: the queue's crash starts everything
   * anew.
   */
  failed(number: number, error: unknown): Sent {
    const sent = this.#take(number, error);
    this.#parts.commits.failed(number, error);
    const fault = error instanceof ErgateError ? error : storeFailed(error);
    if (fault.code === "ERR_ERGATE_STORE_ROW") {
      this.#isolate(sent.batch, fault);
      return sent;
    }
    this.#refuse(sent.batch, fault);
    putBack(this.gathered, sent.batch);
    if (!fault.retryable || fault.code === "ERR_ERGATE_STORE_FAILED") throw fault;
    this.#wait(fault);
    return sent;
  }

  retry(): void {
    this.#waiting = false;
  }

  /** Moves that were asked for, then what is new: both may free or add what the claim can take. */
  #wishesOf(batch: Gathered): Write[] {
    const now = this.#ctx.now();
    const { worker } = this.#parts.membership;
    const writes: Write[] = batch.asked.map(({ write }) => write);
    if (batch.beat && worker !== undefined) {
      writes.push({ type: "beat", worker, leaseUntil: now + limits.leaseMs });
    }
    if (batch.enqueues.length > 0) {
      writes.push({ type: "enqueue", jobs: batch.enqueues.flatMap(({ jobs }) => jobs), now });
    }
    return writes;
  }

  #wait(fault: ErgateError): void {
    if (this.#refusedMs === 0) {
      this.#parts.logger.error({ err: fault }, `the store refuses: ${fault.message}`);
    }
    this.#refusedMs = Math.min(this.#refusedMs * 2 || limits.storeRetryMs, limits.storeRetryMsMax);
    this.#waiting = true;
    this.#ctx.after("retry", this.#refusedMs, { type: "retry" });
  }

  /**
   * A row in the batch can't be moved, ever: somebody edited it by hand. Everything goes again,
   * each thing alone; what fails alone is refused or given up, and stops nothing else.
   */
  #isolate(batch: Gathered, fault: ErgateError): void {
    if (countOf(batch) + batch.enqueues.length > 1) {
      this.gathered.asked.unshift(...batch.asked);
      this.gathered.enqueues.unshift(...batch.enqueues);
      putBack(this.gathered, batch);
      this.#careful = countOf(this.gathered) + 1;
      return;
    }
    this.#refuse(batch, fault);
    const ids = batch.ended.map(({ job }) => job.id);
    this.#parts.logger.error({ err: fault, ids }, `the store can't take this: ${fault.message}`);
  }

  #refuse(batch: Gathered, fault: ErgateError): void {
    for (const asked of batch.asked) asked.refused(fault);
    for (const { reply } of batch.enqueues) this.#ctx.refuse(reply, fault);
  }

  #take(number: number, error: unknown): Sent {
    const sent = this.#sent.get(number) as Sent;
    this.#sent.delete(number);
    traceCommit(sent.batch, sent, this.#ctx.now(), error);
    return sent;
  }
}

/**
 * What happened goes before what is asked: a `leave` would give back a run whose end waits beside
 * it.
 */
function factsOf(batch: Gathered): Write[] {
  const writes: Write[] = [];
  if (batch.notes.length > 0) writes.push({ type: "note", notes: batch.notes });
  if (batch.entries.length > 0) writes.push({ type: "enter", runs: batch.entries });
  if (batch.spawned.length > 0) writes.push({ type: "spawn", runs: batch.spawned });
  if (batch.ended.length > 0) {
    const settlements = batch.ended.map(({ settlement }) => settlement);
    writes.push({ type: "settle", settlements, followers: batch.followers });
    const leases = leasesOf(batch.ended);
    if (leases.length > 0) writes.push({ type: "release", leases });
  }
  // A run may be over in the very batch that says that it lingers.
  if (batch.ceased.length > 0) writes.push({ type: "cease", runs: batch.ceased });
  return writes;
}

/** Run by run: of a batch few have any, and mostly none. */
function leasesOf(ended: Gathered["ended"]): HeldLock[] {
  const leases: HeldLock[] = [];
  for (const { locks } of ended) if (locks.length > 0) leases.push(...locks);
  return leases;
}

function storeFailed(cause: unknown): ErgateError {
  return new ErgateError("ERR_ERGATE_STORE_FAILED", `the store failed: ${String(cause)}`, {
    cause,
  });
}
