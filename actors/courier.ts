import { limits } from "../lib/base/limits.ts";
import type { Follow } from "../lib/bus/follow.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { CourierMessage, MessageRow, RunOutcome } from "../lib/protocol/bus.ts";
import type { CourierParts } from "./courier-parts.ts";
import { DeliveryCall } from "./delivery-call.ts";
import { DeliveryNotes } from "./delivery-notes.ts";
import { within } from "./within.ts";
import { wording } from "./wording.ts";

/**
 * Delivers one subscription's messages, one by one and in their order. Of a durable one it first
 * becomes the one that serves it, and does so again whenever it learns that it no longer is.
 */
export function courierActor(parts: CourierParts): Actor<CourierMessage> {
  return {
    mailbox: { capacity: limits.courierMailbox, overflow: "dropOldest" },
    setup(ctx) {
      const courier = new Courier(parts, ctx);
      courier.receive({ type: "look" });
      return courier;
    },
  };
}

class Courier {
  readonly #parts: CourierParts;
  readonly #ctx: Context<CourierMessage>;
  readonly #follow: Follow;
  readonly #notes: DeliveryNotes;
  readonly #call: DeliveryCall;
  /** Read, and not dealt with. */
  #messages: MessageRow[] = [];
  /** The file is being asked. */
  #isAsking = false;
  #isHalted = false;
  #retryMs = 0;
  #drained: (() => void) | undefined;

  constructor(parts: CourierParts, ctx: Context<CourierMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    this.#follow = parts.follow;
    this.#notes = new DeliveryNotes(parts, ctx);
    this.#call = new DeliveryCall(parts.follow, ctx);
    // Of a call of an earlier incarnation nobody hears any more: its end, or time, is waited for.
    const { running } = parts.follow;
    if (running === undefined) return;
    this.#isAsking = true;
    const over = (): CourierMessage => ({ type: "free" });
    ctx.pipe(within(parts.clock, parts.follow.timeoutMs, running), over, over);
  }

  receive(message: CourierMessage): void {
    switch (message.type) {
      case "look":
        break;
      case "seen":
        return this.#seen(message.row);
      case "served":
        return this.#served(message.answer);
      case "read":
        this.#read(message.messages, message.published);
        break;
      case "ran":
        this.#ran(message.run, message.outcome);
        break;
      case "overdue":
        this.#overdue(message.run);
        break;
      case "noted":
        this.#noted(message.held);
        break;
      case "unnoted":
        this.#notes.failed();
        break;
      case "note":
        this.#notes.retry();
        break;
      case "free":
        this.#isAsking = false;
        this.#follow.running = undefined;
        break;
      case "failed":
        return this.#failed(message.error);
      case "halt":
        this.#halt();
        break;
      default:
        message satisfies never;
    }
    this.#step();
  }

  /** What was delivered is noted before the end, so that nobody delivers it again. */
  draining(done: () => void): void {
    this.#drained = done;
    this.#halt();
    // The runtime's stop has waited for it: nobody hears of it any more.
    this.#call.giveUp();
    this.#step();
  }

  #step(): void {
    this.#notes.send();
    if (this.#call.isUnderWay || this.#isAsking) return;
    if (this.#isHalted || this.#follow.ended) return this.#rest();
    const { place, published, name } = this.#follow;
    if (name !== undefined && !this.#notes.holds) {
      return published > this.#notes.seen ? this.#find(name) : undefined;
    }
    if (place === undefined) return;
    const next = this.#messages[0];
    if (next === undefined) {
      return published > place.position ? this.#more(place.position) : undefined;
    }
    if (this.#notes.unsent >= limits.busUnacknowledged) return;
    const waitMs = place.retryAt - this.#ctx.now();
    // Past the longest wait the clock was set back.
    if (waitMs <= 0 || waitMs > limits.busRetryMsMax) this.#deliver(next, place.attempts + 1);
    else this.#ctx.after("look", waitMs, { type: "look" });
  }

  /** Everything is noted: the subscription is free for another. */
  #rest(): void {
    if (!this.#notes.idle) return;
    if (this.#notes.holds) return this.#notes.giveUp();
    this.#drained?.();
    if (this.#follow.ended) this.#ctx.stop();
  }

  /** Who serves it, before a write is spent on it. */
  #find(name: string): void {
    this.#asking(
      this.#parts.read({ type: "subscription", event: this.#follow.event, name }),
      (row): CourierMessage => ({ type: "seen", row }),
    );
  }

  #seen(row: Extract<CourierMessage, { type: "seen" }>["row"]): void {
    this.#isAsking = false;
    const { event, name, published } = this.#follow;
    const worker = this.#parts.worker();
    if (name === undefined || row === undefined) return this.#later();
    this.#notes.seen = row.position;
    if (published <= row.position) return this.#step();
    // Another may die over it, and its rescue rings no bell here.
    if (worker === undefined || (row.owner ?? worker) !== worker) return this.#later(limits.pollMs);
    this.#asking(
      this.#parts.ask({ type: "serve", event, name, worker }),
      (answer): CourierMessage => ({ type: "served", answer }),
    );
  }

  #served(answer: Extract<CourierMessage, { type: "served" }>["answer"]): void {
    this.#isAsking = false;
    if (answer.type === "unknown") return this.#later();
    if (answer.type === "taken") return this.#later(limits.pollMs);
    const { position, attempts, retryAt } = answer;
    this.#messages = [];
    this.#follow.place = { position, attempts, retryAt };
    this.#notes.hold(answer);
    this.#step();
  }

  #more(after: number): void {
    const { event, published } = this.#follow;
    const query = { event, after, limit: limits.busReadRows };
    this.#asking(
      this.#parts.read({ type: "messages", ...query }),
      (messages): CourierMessage => ({ type: "read", messages, published }),
    );
  }

  #read(messages: readonly MessageRow[], published: number): void {
    const follow = this.#follow;
    this.#isAsking = false;
    this.#retryMs = 0;
    if (follow.place === undefined) return;
    // What was published since may be there: only what was known before can be known to be lost.
    const first = messages[0]?.number ?? published + 1;
    this.#notes.lost(first - 1);
    this.#messages = [...messages];
    follow.published = Math.max(follow.published, messages.at(-1)?.number ?? 0);
  }

  #deliver(row: MessageRow, attempt: number): void {
    if (row.to !== undefined && row.to !== (this.#follow.name ?? "")) {
      this.#messages.shift();
      this.#notes.passed(row);
      return this.#step();
    }
    if (this.#notes.isPoison) {
      this.#notes.crashed(row);
      this.#messages.shift();
      return this.#step();
    }
    if (!this.#notes.isCareful(row)) return this.#call.begin(row, attempt);
    if (this.#notes.idle) {
      this.#asking(this.#notes.begin(row), (): CourierMessage => ({ type: "free" }));
    }
  }

  #ran(run: number, outcome: RunOutcome): void {
    if (!this.#call.end(run)) return;
    const row = this.#messages[0];
    // Without: another serves it meanwhile, and what came of this is its affair.
    if (row !== undefined && this.#notes.ended(row, outcome)) this.#messages.shift();
  }

  #overdue(run: number): void {
    const outcome = this.#call.overdue(run);
    if (outcome !== undefined) this.#ran(run, outcome);
  }

  #noted(held: boolean): void {
    this.#notes.sent(held);
    if (held) return;
    this.#messages = [];
    this.#call.interrupt("ERR_ERGATE_LOCK_LOST", "another process serves this subscription now");
  }

  #halt(): void {
    this.#isHalted = true;
    this.#call.interrupt("ERR_ERGATE_STOPPED", "the runtime stops");
  }

  #failed(error: unknown): void {
    this.#isAsking = false;
    const { logger, follow } = this.#parts;
    if (this.#retryMs === 0) logger.error({ err: error }, wording.undelivered(follow, error));
    this.#retryMs = Math.min(this.#retryMs * 2 || limits.storeRetryMs, limits.storeRetryMsMax);
    this.#later(this.#retryMs);
  }

  /** Without a time: until there is news. */
  #later(ms?: number): void {
    if (this.#isHalted || this.#follow.ended) return this.#step();
    if (ms !== undefined) this.#ctx.after("look", ms, { type: "look" }, true);
  }

  #asking<T>(work: Promise<T>, told: (value: T) => CourierMessage): void {
    this.#isAsking = true;
    this.#ctx.pipe(work, told, (error): CourierMessage => ({ type: "failed", error }));
  }
}
