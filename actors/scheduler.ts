import { limits } from "../lib/base/limits.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { SchedulerMessage } from "../lib/protocol/scheduler.ts";
import type { WriteAnswers } from "../lib/protocol/write.ts";
import type { AskQueue } from "./ask.ts";
import { Firings, type FiringsParts } from "./firings.ts";

/**
 * Promotes what is due, and fires schedules (see Firings). It keeps the earliest due time it has
 * heard of, and one timer for it; what other processes put into the file it hears of by the bell or
 * the poll.
 */
export function schedulerActor(parts: SchedulerParts): Actor<SchedulerMessage> {
  return {
    mailbox: { capacity: limits.schedulerMailbox, overflow: "dropOldest" },
    setup(ctx) {
      const scheduler = new Scheduler(parts, ctx);
      scheduler.receive({ type: "look" });
      return scheduler;
    },
  };
}

export interface SchedulerParts extends FiringsParts {
  ask: AskQueue;
}

class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #ctx: Context<SchedulerMessage>;
  #nextAt: number | undefined;
  /** Heard while a promotion is under way, whose answer may not know of it yet. */
  #heardAt = Number.POSITIVE_INFINITY;
  #asking = false;
  #again = false;
  readonly #firings: Firings;

  constructor(parts: SchedulerParts, ctx: Context<SchedulerMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    this.#firings = new Firings(parts, ctx);
  }

  receive(message: SchedulerMessage): void {
    switch (message.type) {
      case "due":
        return this.#due(message.at);
      case "look":
        this.#firings.look();
        return this.#look();
      case "wake":
        return this.#look();
      case "promoted":
        this.#asking = false;
        this.#wakeAt(earlier(message.nextAt, this.#heardAt));
        if (message.more || this.#again) this.#look();
        return;
      case "failed":
        this.#asking = false;
        return this.#ctx.after("due", limits.storeRetryMs, { type: "wake" });
      default:
        return this.#firings.receive(message);
    }
  }

  #due(at: number): void {
    this.#heardAt = Math.min(this.#heardAt, at);
    if (this.#nextAt === undefined || at < this.#nextAt) this.#wakeAt(at);
  }

  #look(): void {
    if (this.#asking || !this.#parts.started()) {
      this.#again = this.#asking;
      return;
    }
    this.#asking = true;
    this.#again = false;
    this.#heardAt = Number.POSITIVE_INFINITY;
    this.#promote();
  }

  #wakeAt(at: number | undefined): void {
    this.#nextAt = at;
    if (at === undefined) this.#ctx.cancel("due");
    else this.#ctx.after("due", Math.max(0, at - this.#ctx.now()), { type: "wake" });
  }

  #promote(): void {
    const limit = limits.promoteRows;
    this.#ctx.pipe(
      this.#parts.ask({ type: "promote", now: this.#ctx.now(), limit }),
      (answer): SchedulerMessage => {
        const { promoted, nextAt } = answer as WriteAnswers["promote"];
        return { type: "promoted", nextAt, more: promoted.length === limit };
      },
      (): SchedulerMessage => ({ type: "failed" }),
    );
  }
}

function earlier(nextAt: number | undefined, heardAt: number): number | undefined {
  const at = Math.min(nextAt ?? Number.POSITIVE_INFINITY, heardAt);
  return Number.isFinite(at) ? at : undefined;
}
