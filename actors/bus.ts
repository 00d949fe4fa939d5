import { limits } from "../lib/base/limits.ts";
import type { Follow } from "../lib/bus/follow.ts";
import type { Follows } from "../lib/bus/follows.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { Ref } from "../lib/kernel/ref.ts";
import type { BusMessage, CourierMessage, EventRow } from "../lib/protocol/bus.ts";
import { courierActor } from "./courier.ts";
import type { CourierParts } from "./courier-parts.ts";
import { wording } from "./wording.ts";

export interface BusParts extends Omit<CourierParts, "follow"> {
  follows: Follows;
  read: LocalParts["read"];
  started(): boolean;
}

/**
 * Follows the messages of the file by their revisions, and has a courier for each subscription of
 * this process. What a courier needs outlives both, so that one that crashed misses nothing.
 */
export function busActor(parts: BusParts): Actor<BusMessage> {
  return {
    mailbox: { capacity: limits.busMailbox, overflow: "dropOldest" },
    children: { strategy: "one_for_one", restarts: 20, withinMs: 60_000, backoffMs: 100 },
    setup(ctx) {
      const bus = new Bus(parts, ctx);
      bus.receive({ type: "look" });
      return bus;
    },
  };
}

class Bus {
  readonly #parts: BusParts;
  readonly #ctx: Context<BusMessage>;
  readonly #couriers = new Map<string, { follow: Follow; ref: Ref<CourierMessage> }>();
  /** The number of each event's newest message, as of `#revision`. */
  readonly #published = new Map<string, number>();
  /** -1: events without a message are read, too. */
  #revision = -1;
  #isReading = false;
  #isAgain = false;
  #isHalted = false;
  #retryMs = 0;
  /** What the file was told of this worker's callbacks. */
  #listened = "";

  constructor(parts: BusParts, ctx: Context<BusMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
  }

  receive(message: BusMessage): void {
    switch (message.type) {
      case "look":
        return this.#look();
      case "changed":
        return this.#changed(message.events);
      case "listened":
        this.#listened = message.as;
        return;
      case "failed":
        return this.#failed(message.error);
      case "halt":
        this.#isHalted = true;
        return this.#tell({ type: "halt" });
      default:
        message satisfies never;
    }
  }

  #look(): void {
    if (this.#isHalted || !this.#parts.started()) return;
    this.#match();
    if (this.#isReading) {
      this.#isAgain = true;
      return;
    }
    this.#isReading = true;
    this.#isAgain = false;
    const query = { since: this.#revision, limit: limits.busEvents } as const;
    this.#ctx.pipe(
      this.#parts.read({ type: "busChanges", ...query }),
      (events): BusMessage => ({ type: "changed", events }),
      (error): BusMessage => ({ type: "failed", error }),
    );
  }

  /** Couriers for what is subscribed to, and none for what is not. */
  #match(): void {
    for (const follow of this.#parts.follows.all()) {
      const isPlaced = follow.name !== undefined || follow.place !== undefined;
      if (!isPlaced || this.#couriers.has(follow.key)) continue;
      follow.published = Math.max(follow.published, this.#published.get(follow.event) ?? 0);
      const actor = courierActor({ ...this.#parts, follow });
      this.#couriers.set(follow.key, {
        follow,
        ref: this.#ctx.spawn(follow.key, actor, "transient"),
      });
    }
    for (const [key, { follow, ref }] of this.#couriers) {
      if (!follow.ended) continue;
      ref.tell({ type: "look" });
      this.#couriers.delete(key);
    }
    this.#listen();
  }

  /** So that whoever publishes knows that somebody hears it. */
  #listen(): void {
    const { ask, follows, worker } = this.#parts;
    const [key, events] = [worker(), follows.heard()];
    const as = `${key}:${events.join(" ")}`;
    if (key === undefined || as === this.#listened) return;
    if (events.length === 0 && this.#listened === "") return;
    this.#ctx.pipe(
      ask({ type: "listen", worker: key, events }),
      (): BusMessage => ({ type: "listened", as }),
      (error): BusMessage => ({ type: "failed", error }),
    );
  }

  #changed(events: readonly EventRow[]): void {
    this.#isReading = false;
    this.#retryMs = 0;
    for (const { event, published, revision } of events) {
      this.#revision = revision;
      this.#published.set(event, published);
    }
    for (const { follow, ref } of this.#couriers.values()) {
      const published = this.#published.get(follow.event) ?? 0;
      if (published <= follow.published) continue;
      follow.published = published;
      ref.tell({ type: "look" });
    }
    if (this.#isAgain) return this.#look();
    // Behind the bell: some file systems don't tell of a touched file.
    this.#ctx.after("look", limits.pollMs, { type: "look" }, true);
  }

  #failed(error: unknown): void {
    this.#isReading = false;
    if (!this.#parts.started()) return;
    if (this.#retryMs === 0) this.#parts.logger.error({ err: error }, wording.unheard(error));
    this.#retryMs = Math.min(this.#retryMs * 2 || limits.storeRetryMs, limits.storeRetryMsMax);
    this.#ctx.after("look", this.#retryMs, { type: "look" });
  }

  #tell(message: CourierMessage): void {
    for (const { ref } of this.#couriers.values()) ref.tell(message);
  }
}
