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
import { announceEnded, announceEnqueued, announceMoved } from "./announce.ts";
import { type Asked, duplicatesByCall } from "./batch.ts";
import { Commits, type Sent } from "./commits.ts";
import { isFresh, mayFree, releasedOf } from "./freshness.ts";
import { type Ask, join, leave, rejoin } from "./joining.ts";
import type { Surroundings } from "./links.ts";
import type { Membership } from "./membership.ts";

export interface QueueParts extends Surroundings {
  store: JobStore;
  membership: Membership;
}

/**
 * The only writer of the job store. Whatever came since the last commit goes in the next one:
 * settle, move, insert and claim are one transaction, so a fresh job is handed to an idle slot in
 * its own insert.
 */
export function queueActor(parts: QueueParts): Actor<QueueMessage> {
  return {
    mailbox: { capacity: limits.queueMailbox, overflow: "reject", batch: limits.queueBatch },
    setup: (ctx) => new Queue(parts, ctx),
  };
}

type Of<T extends QueueMessage["type"]> = Extract<QueueMessage, { type: T }>;

class Queue {
  readonly #parts: QueueParts;
  readonly #ctx: Context<QueueMessage>;
  readonly #commits: Commits;
  #demands: readonly Demand[] = [];
  /**
   * Demands, by their first name, whose last claim came back dry; nothing became claimable since.
   */
  readonly #dry = new Set<string>();
  /** What the claim under way was for. */
  #claimedFor: readonly Demand[] = [];
  /** Ask the store what other processes did, though nothing is demanded. */
  #lookDue = false;
  /** One claim at a time: the next demand counts on what this one gave. */
  #claiming = false;
  /** A claim was answered in this turn: the next demand is on its way. */
  #answering = false;
  /** Claims that were answered to the dispatcher. */
  #answers = 0;
  #drained: (() => void) | undefined;
  readonly #ask: Ask = (write, done, refused) => {
    this.#commits.gathered.asked.push({ write, done, refused });
  };

  constructor(parts: QueueParts, ctx: Context<QueueMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    this.#commits = new Commits(parts, ctx);
    rejoin(parts, ctx.now(), this.#ask);
    this.#poll();
  }

  receive(message: QueueMessage): void {
    const { gathered } = this.#commits;
    switch (message.type) {
      case "enqueue":
        gathered.enqueues.push(message);
        this.#dry.clear();
        return;
      case "demand":
        if (message.after === this.#answers && !this.#claiming) this.#demands = message.demands;
        return;
      case "settle":
        return this.#settle(message);
      case "enter":
        return void gathered.entries.push(...message.runs);
      case "note":
        return void gathered.notes.push(...message.notes);
      case "beat":
        gathered.beat = true;
        return;
      case "applied":
        return this.#applied(message);
      case "failed":
        if (this.#commits.failed(message.batch, message.error).claims) this.#claimFailed();
        return;
      case "turn":
        this.#answering = false;
        return;
      case "retry":
        return this.#commits.retry();
      default:
        return this.#receiveAsked(message);
    }
  }

  #receiveAsked(message: Of<"write" | "join" | "leave" | "rejoin" | "look">): void {
    switch (message.type) {
      case "write":
        return this.#write(message);
      case "join":
        return join(this.#parts, this.#ctx, message, this.#ask);
      case "leave":
        return leave(this.#parts, this.#ctx, message, this.#ask);
      case "rejoin":
        this.#answers = 0;
        return rejoin(this.#parts, this.#ctx.now(), this.#ask);
      case "look":
        this.#dry.clear();
        this.#lookDue = true;
        return this.#poll();
      default:
        return message satisfies never;
    }
  }

  /** The group commit: once a batch of messages, as much as gathered. */
  flush(): void {
    const commits = this.#commits;
    while (commits.room && (this.#mayClaim() || (!commits.empty && !this.#waits()))) this.#send();
    if (this.#answering) this.#answering = this.#ctx.self.tell({ type: "turn" });
    if (commits.idle) this.#drained?.();
  }

  draining(done: () => void): void {
    this.#demands = [];
    this.#lookDue = false;
    this.#drained = done;
    if (this.#commits.idle) done();
  }

  /**
   * Settlements alone wait for the claim that comes next, which carries them: one commit for both
   * took 355 transactions for 100 000 jobs, where each on its own took 555.
   */
  #waits(): boolean {
    return (this.#claiming || this.#answering) && this.#commits.onlyEnds;
  }

  #mayClaim(): boolean {
    if (this.#claiming || this.#parts.membership.worker === undefined) return false;
    return this.#lookDue || this.#demands.some(({ names }) => !this.#dry.has(names[0] ?? ""));
  }

  #send(): void {
    const { worker } = this.#parts.membership;
    if (worker === undefined || !this.#mayClaim()) return this.#commits.send(undefined);
    const demands = this.#demands;
    this.#claiming = true;
    this.#claimedFor = demands;
    for (const { names } of demands) this.#dry.add(names[0] ?? "");
    this.#lookDue = false;
    this.#demands = [];
    this.#commits.send({ type: "claim", worker, demands, now: this.#ctx.now() });
  }

  #applied({ batch, answers }: Of<"applied">): void {
    const sent = this.#commits.applied(batch);
    const { asked } = sent.batch;
    sent.writes.forEach((write, at) => {
      const answer = answers[at] as WriteAnswer;
      const question = asked[at - sent.askedFrom];
      if (question === undefined) this.#did(sent, write, answer);
      else this.#answered(question, answer);
    });
  }

  #answered(asked: Asked, answer: WriteAnswer): void {
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
        return this.#ended(sent, answer as WriteAnswers["settle"]);
      case "claim":
        return this.#claimed(answer as ClaimAnswer);
      default:
        return;
    }
  }

  #ended({ batch }: Sent, answer: WriteAnswers["settle"]): void {
    announceEnded(this.#parts, batch, answer, this.#ctx.now());
  }

  #claimed({ jobs, dry, asks, paused }: ClaimAnswer): void {
    this.#claiming = false;
    this.#claimedFor.forEach(({ names }, at) => {
      if (dry[at] === false) this.#dry.delete(names[0] ?? "");
    });
    const { dispatcher } = this.#parts.links;
    if (asks.length > 0) dispatcher.tell({ type: "ask", asks });
    if (paused !== undefined) dispatcher.tell({ type: "paused", queues: paused });
    if (dispatcher.tell({ type: "claimed", jobs })) {
      this.#answers++;
      this.#answering = true;
      return;
    }
    // It is restarting or ending: what was claimed goes back as it came.
    const now = this.#ctx.now();
    this.#commits.gathered.ended.push(...jobs.map((job) => releasedOf(job, now, false)));
  }

  /** The demand of a claim that failed is gone: the dispatcher says it again. */
  #claimFailed(): void {
    this.#claiming = false;
    this.#dry.clear();
    if (this.#parts.links.dispatcher.tell({ type: "claimed", jobs: [] })) this.#answers++;
  }

  #settle(message: Of<"settle">): void {
    const { gathered } = this.#commits;
    const before = gathered.ended.length;
    for (const ended of message.ended) gathered.ended.push(ended);
    for (const { of, job } of message.followers) gathered.followers.push({ of: of + before, job });
    if (isFresh(message)) this.#dry.clear();
  }

  #write({ write, reply }: Of<"write">): void {
    if (mayFree(write)) this.#dry.clear();
    const done = (answer: WriteAnswer) => this.#ctx.reply(reply, answer);
    this.#ask(write, done, (error) => this.#ctx.refuse(reply, error));
  }

  /** Behind the bell: some file systems don't tell of a touched file. */
  #poll(): void {
    this.#ctx.after("poll", limits.pollMs, { type: "look" });
  }
}
