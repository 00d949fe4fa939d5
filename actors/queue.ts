import { ErgateError } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { QueueMessage } from "../lib/protocol/queue.ts";
import type {
  ClaimAnswer,
  Demand,
  Write,
  WriteAnswer,
  WriteAnswers,
} from "../lib/protocol/write.ts";
import type { JobStore } from "../lib/store/store.ts";
import { announceEnded, announceEnqueued, announceMoved, dueTimes } from "./announce.ts";
import {
  countOf,
  duplicatesByCall,
  type Gathered,
  isNothing,
  nothingGathered,
  putBack,
  takeBatch,
  takeOne,
} from "./batch.ts";
import { isFresh, mayFree, releasedOf } from "./freshness.ts";
import type { Surroundings } from "./links.ts";
import type { Membership } from "./membership.ts";

export interface QueueParts extends Surroundings {
  store: JobStore;
  membership: Membership;
}

/** One transaction under way, and what must happen with its answers. */
interface Sent {
  batch: Gathered;
  claims: boolean;
  writes: Write[];
}

/**
 * The only writer of the job store. Whatever came since the last commit goes in the next one: settle,
 * move, insert and claim are one transaction, so a fresh job is handed to an idle slot in its own
 * insert. Two batches are under way at most, of which one may claim: while one commits, the next travels.
 */
export function queueActor(parts: QueueParts): Actor<QueueMessage> {
  return {
    mailbox: { capacity: limits.queueMailbox, overflow: "reject", batch: limits.queueBatch },
    setup: (ctx) => new Queue(parts, ctx),
  };
}

class Queue {
  readonly #parts: QueueParts;
  readonly #ctx: Context<QueueMessage>;
  readonly #gathered = nothingGathered();
  readonly #sent = new Map<number, Sent>();
  #batches = 0;
  #demands: readonly Demand[] = [];
  /** Something may be claimable since the last claim came back dry. */
  #fresh = true;
  /** Ask the store what other processes did, though nothing is demanded. */
  #lookDue = false;
  #claiming = false;
  /** Claims that were answered to the dispatcher. */
  #answers = 0;
  /** The store refuses: wait before the next try. */
  #retryMs = 0;
  /** How many batches hold one thing alone, to find the one that can't be done. */
  #careful = 0;
  #drained: (() => void) | undefined;

  constructor(parts: QueueParts, ctx: Context<QueueMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    if (parts.membership.joined) this.#rejoin();
    this.#poll();
  }

  receive(message: QueueMessage): void {
    switch (message.type) {
      case "enqueue":
        this.#gathered.enqueues.push(message);
        this.#fresh = true;
        return;
      case "demand":
        if (message.after === this.#answers && !this.#claiming) this.#demands = message.demands;
        return;
      case "settle":
        return this.#settle(message);
      case "enter":
        return void this.#gathered.entries.push(...message.runs);
      case "note":
        return void this.#gathered.notes.push(...message.notes);
      case "write":
        if (mayFree(message.write)) this.#fresh = true;
        return this.#ask(message.write, message.reply);
      default:
        return this.#receiveRest(message);
    }
  }

  #receiveRest(
    message: Exclude<
      QueueMessage,
      { type: "enqueue" | "demand" | "settle" | "enter" | "note" | "write" }
    >,
  ): void {
    switch (message.type) {
      case "join":
        return this.#join(message);
      case "leave":
        return this.#leave(message);
      case "rejoin":
        this.#answers = 0;
        return this.#rejoin();
      case "beat":
        this.#gathered.beat = true;
        return;
      case "look":
        this.#fresh = true;
        this.#lookDue = true;
        return this.#poll();
      case "retry":
        this.#retryMs = -Math.abs(this.#retryMs);
        return;
      case "applied":
        return this.#applied(message.batch, message.answers);
      case "failed":
        return this.#failed(message.batch, message.error);
      default:
        return message satisfies never;
    }
  }

  /** The group commit: once a batch of messages, as much as gathered, two transactions under way at most. */
  flush(): void {
    while (this.#sent.size < limits.batchesInFlight && this.#retryMs <= 0 && this.#hasWork()) {
      this.#send();
    }
    if (this.#drained !== undefined && this.#sent.size === 0 && isNothing(this.#gathered)) {
      this.#drained();
    }
  }

  draining(done: () => void): void {
    this.#demands = [];
    this.#lookDue = false;
    this.#drained = done;
  }

  #hasWork(): boolean {
    return !isNothing(this.#gathered) || this.#mayClaim();
  }

  #mayClaim(): boolean {
    if (this.#claiming || this.#parts.membership.worker === undefined) return false;
    return this.#lookDue || (this.#fresh && this.#demands.length > 0);
  }

  #send(): void {
    const batch = this.#careful > 0 ? takeOne(this.#gathered) : takeBatch(this.#gathered);
    const claims = this.#mayClaim();
    if (this.#careful > 0) this.#careful--;
    const writes = this.#writesOf(batch, claims);
    if (claims) {
      this.#claiming = true;
      this.#fresh = false;
      this.#lookDue = false;
      this.#demands = [];
    }
    const number = ++this.#batches;
    this.#sent.set(number, { batch, claims, writes });
    this.#ctx.pipe(
      this.#parts.store.apply(writes),
      (answers): QueueMessage => ({ type: "applied", batch: number, answers }),
      (error): QueueMessage => ({ type: "failed", batch: number, error }),
    );
  }

  /** In the order in which each may help the next: what ends frees, what is inserted can be claimed. */
  #writesOf(batch: Gathered, claims: boolean): Write[] {
    const now = this.#ctx.now();
    const { worker } = this.#parts.membership;
    const writes: Write[] = batch.asked.map(({ write }) => write);
    if (batch.notes.length > 0) writes.push({ type: "note", notes: batch.notes });
    if (batch.entries.length > 0) writes.push({ type: "enter", runs: batch.entries });
    if (batch.ended.length > 0) {
      const settlements = batch.ended.map(({ settlement }) => settlement);
      writes.push({ type: "settle", settlements, followers: batch.followers });
    }
    if (batch.beat && worker !== undefined) {
      writes.push({ type: "beat", worker, leaseUntil: now + limits.leaseMs });
    }
    if (batch.enqueues.length > 0) {
      writes.push({ type: "enqueue", jobs: batch.enqueues.flatMap(({ jobs }) => jobs), now });
    }
    if (claims && worker !== undefined) {
      writes.push({ type: "claim", worker, demands: this.#demands, now });
    }
    return writes;
  }

  #applied(number: number, answers: readonly WriteAnswer[]): void {
    const sent = this.#taken(number);
    if (this.#retryMs < 0) {
      this.#retryMs = 0;
      this.#parts.logger.info({}, "the store takes writes again");
    }
    sent.writes.forEach((write, at) => {
      if (at < sent.batch.asked.length) this.#answered(sent.batch.asked[at], answers[at]);
      else this.#did(sent, write, answers[at] as WriteAnswer);
    });
  }

  #answered(asked: Gathered["asked"][number] | undefined, answer: WriteAnswer): void {
    if (asked === undefined) return;
    announceMoved(this.#parts, asked.write, answer, this.#ctx.now());
    asked.done(answer);
  }

  #did(sent: Sent, write: Write, answer: WriteAnswer): void {
    switch (write.type) {
      case "enqueue": {
        const { duplicates } = answer as WriteAnswers["enqueue"];
        const byCall = duplicatesByCall(sent.batch.enqueues, duplicates);
        sent.batch.enqueues.forEach(({ reply }, at) => {
          this.#ctx.reply(reply, byCall[at] ?? []);
        });
        return announceEnqueued(this.#parts, write.jobs, duplicates, write.now);
      }
      case "settle":
        return announceEnded(this.#parts, sent.batch.ended, answer as WriteAnswers["settle"]);
      case "claim":
        return this.#claimed(answer as ClaimAnswer);
      default:
        return;
    }
  }

  #claimed(answer: ClaimAnswer): void {
    this.#claiming = false;
    if (answer.dry.includes(false)) this.#fresh = true;
    const { dispatcher, scheduler } = this.#parts.links;
    if (answer.asks.length > 0) dispatcher.tell({ type: "ask", asks: answer.asks });
    if (answer.paused !== undefined) dispatcher.tell({ type: "paused", queues: answer.paused });
    if (dispatcher.tell({ type: "claimed", jobs: answer.jobs })) this.#answers++;
    else {
      // It is restarting or ending: what was claimed goes back as it came.
      const now = this.#ctx.now();
      this.#gathered.ended.push(...answer.jobs.map((job) => releasedOf(job, now, false)));
    }
    if (answer.jobs.length === 0) scheduler.tell({ type: "look" });
  }

  #settle(message: Extract<QueueMessage, { type: "settle" }>): void {
    const before = this.#gathered.ended.length;
    for (const ended of message.ended) this.#gathered.ended.push(ended);
    for (const { of, job } of message.followers) {
      this.#gathered.followers.push({ of: of + before, job });
    }
    if (isFresh(message)) this.#fresh = true;
    const { scheduler } = this.#parts.links;
    for (const at of dueTimes(message.ended)) scheduler.tell({ type: "due", at });
  }

  #ask(
    write: Gathered["asked"][number]["write"],
    reply: Extract<QueueMessage, { type: "write" }>["reply"],
  ): void {
    this.#gathered.asked.push({
      write,
      done: (answer) => this.#ctx.reply(reply, answer),
      refused: (error) => this.#ctx.refuse(reply, error),
    });
  }

  #join({ worker, definitions, reply }: Extract<QueueMessage, { type: "join" }>): void {
    const now = this.#ctx.now();
    this.#gathered.asked.push({
      write: { type: "join", worker, definitions, now },
      done: (answer) => {
        this.#parts.membership.entered(worker, definitions, answer as WriteAnswers["join"]);
        this.#ctx.reply(reply, null);
      },
      refused: (error) => this.#ctx.refuse(reply, error),
    });
  }

  #leave({ reply }: Extract<QueueMessage, { type: "leave" }>): void {
    const { worker } = this.#parts.membership;
    this.#parts.membership.left();
    if (worker === undefined) return this.#ctx.reply(reply, null);
    this.#gathered.asked.push({
      write: { type: "leave", worker },
      done: () => this.#ctx.reply(reply, null),
      refused: (error) => this.#ctx.refuse(reply, error),
    });
  }

  /** After a crash of the dispatcher, or of this actor: what this runtime held goes back. */
  #rejoin(): void {
    const { write, done } = this.#parts.membership.again(this.#ctx.now());
    if (write === undefined) return;
    this.#gathered.asked.unshift({
      write,
      done,
      refused: (error) => {
        throw error;
      },
    });
  }

  /** Questions hear of it; facts wait and are tried again. A dead storage thread is a crash. */
  #failed(number: number, error: unknown): void {
    const sent = this.#taken(number);
    const fault = error instanceof ErgateError ? error : storeFailed(error);
    if (sent.claims) this.#lost();
    if (fault.code === "ERR_ERGATE_STORE_CORRUPT") throw fault;
    if (!fault.retryable) return this.#isolate(sent.batch, fault);
    for (const asked of sent.batch.asked) asked.refused(fault);
    for (const { reply } of sent.batch.enqueues) this.#ctx.refuse(reply, fault);
    putBack(this.#gathered, sent.batch);
    if (fault.code === "ERR_ERGATE_STORE_FAILED") throw fault;
    const first = this.#retryMs === 0;
    this.#retryMs = Math.min(
      Math.abs(this.#retryMs) * 2 || limits.storeRetryMs,
      limits.storeRetryMsMax,
    );
    if (first) this.#parts.logger.error({ err: fault }, `the store refuses: ${fault.message}`);
    this.#ctx.after("retry", this.#retryMs, { type: "retry" });
  }

  /**
   * Something in the batch can't be done, ever (a row edited by hand). Everything goes again, each
   * thing alone; what fails alone is refused or given up, and stops nothing else.
   */
  #isolate(batch: Gathered, fault: ErgateError): void {
    const alone = countOf(batch) + batch.enqueues.length <= 1;
    if (!alone) {
      this.#gathered.asked.unshift(...batch.asked);
      this.#gathered.enqueues.unshift(...batch.enqueues);
      putBack(this.#gathered, batch);
      this.#careful = countOf(this.#gathered) + 1;
      return;
    }
    for (const asked of batch.asked) asked.refused(fault);
    for (const { reply } of batch.enqueues) this.#ctx.refuse(reply, fault);
    const ids = batch.ended.map(({ job }) => job.id);
    this.#parts.logger.error({ err: fault, ids }, `the store can't take this: ${fault.message}`);
  }

  /** The demand of a claim that failed is gone: the dispatcher says it again. */
  #lost(): void {
    this.#claiming = false;
    this.#fresh = true;
    if (this.#parts.links.dispatcher.tell({ type: "claimed", jobs: [] })) this.#answers++;
  }

  #taken(number: number): Sent {
    const sent = this.#sent.get(number) as Sent;
    this.#sent.delete(number);
    return sent;
  }

  /** Behind the bell: some file systems don't tell of a touched file. */
  #poll(): void {
    if (this.#parts.membership.joined) this.#ctx.after("poll", limits.pollMs, { type: "look" });
  }
}

function storeFailed(cause: unknown): ErgateError {
  return new ErgateError("ERR_ERGATE_STORE_FAILED", `the store failed: ${String(cause)}`, {
    cause,
  });
}
