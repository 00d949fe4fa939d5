import { ErgateError } from "../base/error.ts";
import { encodeJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Follow } from "../bus/follow.ts";
import type { Follows } from "../bus/follows.ts";
import type { BusCallback, BusEvents, SubscribeOptions, Subscription } from "../bus/message.ts";
import { checkBusName, parseSubscribe } from "../bus/options.ts";
import { Publisher } from "../bus/publisher.ts";
import { Fields } from "../job/fields.ts";
import type { BusAnswers, BusQueryAnswers, NewMessage } from "../protocol/bus.ts";
import { type BusStats, busStats } from "./bus-stats.ts";
import { type DeadLetters, deadLetters } from "./dead-letters.ts";
import type { LocalParts } from "./parts.ts";

export interface BusClient {
  /**
   * Resolves when the message is on disk; from then on it is delivered to every subscription of its
   * event, in the order of the revisions. At most 64 KiB of JSON. `heard`: a callback is known for
   * it, here or in the file. Rejects with ERR_ERGATE_OPTION and the path of a bad name,
   * ERR_ERGATE_PAYLOAD_JSON or _SIZE, ERR_ERGATE_OVERLOADED past 1 000 events or 100 000 calls that
   * wait, ERR_ERGATE_STOPPED, and as the store does.
   */
  publish<Event extends string>(
    event: Event,
    data: Event extends keyof BusEvents ? BusEvents[Event] : unknown,
  ): Promise<Published>;
  /**
   * Calls back for every message of the event that is published from when this resolves on (of a
   * durable name: from when it was first subscribed), one at a time and in their order, at least
   * once, while the runtime runs. May be called before `start`. Rejects with ERR_ERGATE_OPTION or
   * _DURATION and the path of a bad field, ERR_ERGATE_OVERLOADED past 1 000 subscriptions here or
   * durable ones in the file, and as the store does.
   */
  subscribe<Event extends keyof BusEvents>(
    event: Event,
    given: SubscribeOptions<BusEvents[Event]> | BusCallback<BusEvents[Event]>,
  ): Promise<Subscription>;
  subscribe<Data = unknown>(
    event: string,
    given: SubscribeOptions<Data> | BusCallback<Data>,
  ): Promise<Subscription>;
  /** What the file holds, and what the subscriptions of this process did. */
  stats(): Promise<BusStats>;
  /** Messages that a subscription gave up. */
  readonly dead: DeadLetters;
}

export interface Published {
  id: string;
  revision: number;
  heard: boolean;
}

export interface BusClientParts extends Pick<LocalParts, "read" | "ask" | "newId" | "clock"> {
  follows: Follows;
  /** The bus may have something to do. */
  nudge(): void;
  /** An event that nobody hears. */
  unheard(event: string): void;
  /** What must be subscribed to before anything is published. */
  own: readonly Follow[];
}

/** Functions that may be taken off it. */
export function busClient(bus: LocalBus): BusClient {
  return {
    publish: (event, data) => bus.publish(event, data),
    subscribe: <Data>(event: string, given: SubscribeOptions<Data> | BusCallback<Data>) =>
      bus.subscribe(event, given),
    stats: () => bus.stats(),
    dead: bus.dead,
  };
}

/** The bus of one process: what it publishes, and what it subscribed to. */
export class LocalBus {
  readonly dead: DeadLetters;
  readonly follows: Follows;
  readonly #parts: BusClientParts;
  readonly #publisher: Publisher;
  /** Subscriptions on their way into the file: what is published after them must find them. */
  readonly #pending = new Set<Promise<unknown>>();
  #ready: Promise<void> | undefined;
  #isReady = false;

  constructor(parts: BusClientParts) {
    this.#parts = parts;
    this.dead = deadLetters(parts);
    this.follows = parts.follows;
    const send = async (messages: readonly NewMessage[]) => {
      const now = parts.clock.now();
      const { published } = await parts.ask({ type: "publish", messages, now });
      parts.nudge();
      return published;
    };
    this.#publisher = new Publisher(send, () => this.#gate());
  }

  /** The runtime's own subscriptions are in the file. One that failed is tried again. */
  ready(): Promise<void> {
    this.#ready ??= this.#enter(this.#parts.own).then(
      () => {
        this.#isReady = true;
      },
      (error) => {
        this.#ready = undefined;
        throw error;
      },
    );
    return this.#ready;
  }

  /** What is published now must find every subscription that was asked for before. */
  #gate(): Promise<unknown> | undefined {
    if (this.#pending.size > 0) return Promise.allSettled([...this.#pending]);
    return this.#isReady ? undefined : this.ready();
  }

  async publish(event: string, data: unknown): Promise<Published> {
    const { newId, follows, unheard } = this.#parts;
    const name = checkBusName(event, "event");
    const text = encodeJson(data, "data", limits.busDataBytes);
    const id = newId();
    const message = { id, event: name, data: text, heard: follows.hears(name) };
    const published = await this.#publisher.publish(message);
    if (published.type === "full")
      throw tooMany(`events are in the file, at most ${limits.busEvents}`);
    if (!published.heard) unheard(name);
    return { id, revision: published.revision, heard: published.heard };
  }

  async subscribe<Data>(
    event: string,
    given: SubscribeOptions<Data> | BusCallback<Data>,
  ): Promise<Subscription> {
    const call = parseSubscribe(event, given);
    call.signal?.throwIfAborted();
    const follow = this.#parts.follows.add(call);
    const entering = call.name === undefined ? this.#place(follow) : this.#enter([follow]);
    this.#pending.add(entering);
    try {
      await entering;
    } catch (error) {
      this.#parts.follows.remove(follow);
      throw error;
    } finally {
      this.#pending.delete(entering);
    }
    this.#parts.nudge();
    return this.#subscription(follow);
  }

  async stats(): Promise<BusStats> {
    return busStats(await this.#parts.read({ type: "bus" }), this.#parts.follows.all());
  }

  /** Durable ones: a row each, which stays. */
  async #enter(follows: readonly Follow[]): Promise<void> {
    const subscriptions = follows.map(({ event, name }) => ({ event, name: name ?? "" }));
    const now = this.#parts.clock.now();
    const { subscribed } = await this.#parts.ask({ type: "subscribe", subscriptions, now });
    if (subscribed.every(({ type }) => type === "subscribed")) return;
    const most = `${limits.busSubscriptions} and ${limits.busEvents}`;
    throw tooMany(`durable subscriptions or events are in the file, at most ${most}`);
  }

  /** One without a name begins behind the event's newest message. */
  async #place(follow: Follow): Promise<void> {
    const query = { type: "busChanges", since: -1, limit: limits.busEvents } as const;
    const events: BusQueryAnswers["busChanges"] = await this.#parts.read(query);
    const position = events.find(({ event }) => event === follow.event)?.published ?? 0;
    follow.published = Math.max(follow.published, position);
    follow.place = { position, attempts: 0, retryAt: 0 };
  }

  #subscription(follow: Follow): Subscription {
    const { event, name, signal } = follow;
    const end = () => {
      signal?.removeEventListener("abort", end);
      this.#parts.follows.remove(follow);
      this.#parts.nudge();
    };
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end, { once: true });
    return {
      ...{ event, name },
      unsubscribe: async (options = {}) => {
        const forget = new Fields(options, "options", ["forget"]).boolean("forget");
        end();
        if (forget === true && name !== undefined) await this.#forget(event, name);
      },
      [Symbol.asyncDispose]: async () => end(),
    };
  }

  #forget(event: string, name: string): Promise<BusAnswers["unsubscribe"]> {
    return this.#parts.ask({ type: "unsubscribe", event, name });
  }
}

function tooMany(what: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OVERLOADED", `as many ${what}`);
}
