import { limits } from "../lib/base/limits.ts";
import { bringBack, type FiringParts, fireDue, type Look } from "../lib/client/firing.ts";
import type { Logger } from "../lib/client/options.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import { Plans } from "../lib/client/plans.ts";
import type { Context } from "../lib/kernel/actor.ts";
import type { FiringMessage, SchedulerMessage } from "../lib/protocol/scheduler.ts";
import { wording } from "./wording.ts";

export interface FiringsParts {
  firing: FiringParts;
  logger: Logger;
  started(): boolean;
}

/** What firing needs of a runtime's client. */
export function firingParts(local: LocalParts, logger: Logger): FiringParts {
  return {
    ...local,
    plans: new Plans(),
    unreadable: (name, err) => logger.error({ schedule: name, err }, wording.unreadable(name, err)),
  };
}

/**
 * The part of the scheduler that fires schedules. It keeps none of them: the file says which are
 * due, so that a change holds in all processes with its commit, and of several processes that look
 * at one due time the first fires it. It knows when the next is due, and ticks beside that: a clock
 * that was set, or a host that slept, is seen by the tick.
 */
export class Firings {
  readonly #parts: FiringsParts;
  readonly #ctx: Context<SchedulerMessage>;
  #nextAt: number | undefined;
  #waiting = false;
  #looking = false;
  #again = false;
  /** A run was over during the look under way, which may not know. */
  #ran = false;
  /** Since the first look: what was due before that start was missed. */
  #awakeSince: number | undefined;
  /** At the start, and after the clock was set back. */
  #mayBeAhead = true;
  #tickedAt: number;
  #lookedAt: number;

  constructor(parts: FiringsParts, ctx: Context<SchedulerMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    const now = ctx.now();
    this.#tickedAt = now;
    this.#lookedAt = now;
    this.#tickLater();
  }

  receive(message: FiringMessage): void {
    switch (message.type) {
      case "fire":
      case "planned":
        return this.look();
      case "ran":
        if (this.#looking) this.#ran = true;
        else if (this.#waiting) this.look();
        return;
      case "tick":
        return this.#tick();
      case "fired":
        return this.#fired(message);
      case "unfired":
        this.#looking = false;
        this.#parts.logger.error({ err: message.error }, wording.unfired(message.error));
        return this.#ctx.after("fire", limits.storeRetryMs, { type: "fire" });
      default:
        message satisfies never;
    }
  }

  look(): void {
    if (this.#looking || !this.#parts.started()) {
      this.#again = this.#looking;
      return;
    }
    this.#looking = true;
    this.#again = false;
    this.#ran = false;
    const now = this.#ctx.now();
    this.#lookedAt = now;
    // After a sleep a look may come before the tick that would see it.
    if (this.#slept(now)) this.#awakeSince = now;
    this.#awakeSince ??= now;
    this.#ctx.pipe(
      this.#fire(this.#awakeSince),
      (look): SchedulerMessage => ({ type: "fired", ...look }),
      (error): SchedulerMessage => ({ type: "unfired", error }),
    );
  }

  async #fire(awakeSince: number): Promise<Look> {
    const { firing } = this.#parts;
    if (this.#mayBeAhead) await bringBack(firing);
    this.#mayBeAhead = false;
    return fireDue(firing, awakeSince);
  }

  #fired({ nextAt, waiting, outrun }: Extract<FiringMessage, { type: "fired" }>): void {
    this.#looking = false;
    this.#nextAt = nextAt;
    this.#waiting = waiting;
    if (this.#again || (waiting && this.#ran)) return this.look();
    if (nextAt === undefined) return this.#ctx.cancel("fire");
    // Who fires the rest needs no second one beside it, unless it dies over it.
    const leastMs = outrun ? limits.scheduleOutrunMs : 0;
    this.#ctx.after("fire", Math.max(leastMs, nextAt - this.#ctx.now()), { type: "fire" });
  }

  #tick(): void {
    const now = this.#ctx.now();
    const wasSetBack = this.#tickedAt - now > limits.scheduleSleepMs;
    if (wasSetBack || this.#slept(now)) this.#awakeSince = now;
    this.#tickedAt = now;
    const isDue = this.#nextAt !== undefined && this.#nextAt <= now;
    if (isDue || this.#waiting || now - this.#lookedAt >= limits.scheduleLookMs) this.look();
    if (wasSetBack) {
      this.#mayBeAhead = true;
      this.look();
    }
    this.#tickLater();
  }

  /** The last tick is longer ago than a host that is awake lets it be. */
  #slept(now: number): boolean {
    return now - this.#tickedAt > limits.scheduleTickMs + limits.scheduleSleepMs;
  }

  #tickLater(): void {
    this.#ctx.after("tick", limits.scheduleTickMs, { type: "tick" }, true);
  }
}
