import { Fields, optionError } from "../job/fields.ts";
import type { EventType, JobEvent } from "../protocol/event.ts";
import type { EventOptions } from "./client.ts";
import { decodeCursor } from "./cursor.ts";
import type { Hub, Subscription } from "./hub.ts";
import type { LocalParts } from "./parts.ts";
import { Replay } from "./replay.ts";
import type { Watch } from "./watch.ts";

/**
 * The moves of jobs, as they are committed. A subscriber that falls behind its buffer gets a `gap`
 * in their place. Throws ERR_ERGATE_OPTION or ERR_ERGATE_CURSOR at once.
 */
export function events(
  { hub, clock, read }: EventSources,
  watch: Watch,
  options: EventOptions = {},
): AsyncIterableIterator<JobEvent> {
  const types = typesOf(options);
  const place = options.since === undefined ? undefined : decodeCursor(options.since);
  const subscription = hub.subscribe();
  return new Events({
    types,
    subscription,
    unwatch: watch.follow(),
    replay: place && new Replay(read, place, clock.now()),
    signal: options.signal,
    onClose: hub.onClose,
  });
}

type EventSources = Pick<LocalParts, "hub" | "clock" | "read">;

interface EventsParts {
  /** What it missed goes before what comes. */
  replay: Replay | undefined;
  types: ReadonlySet<EventType>;
  subscription: Subscription;
  unwatch: () => void;
  signal: AbortSignal | undefined;
  onClose: Hub["onClose"];
}

class Events implements AsyncIterableIterator<JobEvent> {
  readonly #parts: EventsParts;
  readonly #abort = () => this.#end();
  #over = false;
  #caughtUp = false;
  #unclose = () => {};
  #wake: (() => void) | undefined;
  /** The last call of `next`: calls that wait together get their events in turn. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: EventsParts) {
    this.#parts = parts;
    this.#unclose = parts.onClose(this.#abort);
    if (parts.signal?.aborted) this.#end();
    else parts.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  next(): Promise<IteratorResult<JobEvent, undefined>> {
    const taken = this.#last.then(() => this.#take());
    this.#last = taken.catch(() => undefined);
    return taken;
  }

  async return(): Promise<IteratorResult<JobEvent, undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #take(): Promise<IteratorResult<JobEvent, undefined>> {
    while (!this.#over) {
      const event = await this.#next();
      if (event === undefined) await this.#anEvent();
      else if (event.type === "gap" || this.#parts.types.has(event.type)) {
        return { done: false, value: event };
      }
    }
    return { done: true, value: undefined };
  }

  async #next(): Promise<JobEvent | undefined> {
    const { replay, subscription } = this.#parts;
    if (replay !== undefined && !this.#caughtUp) {
      const missed = await replay.next().catch((error) => {
        if (!this.#over) throw error;
      });
      if (missed !== undefined) return missed;
      this.#caughtUp = true;
    }
    const event = subscription.next();
    return event !== undefined && replay?.has(event) ? this.#next() : event;
  }

  #anEvent(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#parts.subscription.onEvent(resolve);
    });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#parts.subscription.close();
    this.#parts.unwatch();
    this.#unclose();
    this.#parts.signal?.removeEventListener("abort", this.#abort);
    this.#wake?.();
  }
}

const eventTypes = [
  "scheduled",
  "available",
  "running",
  "retryable",
  "completed",
  "stopped",
  "cancelled",
  "dead",
  "deleted",
  "retention",
  "gap",
] as const satisfies readonly EventType[];

/** Throws ERR_ERGATE_OPTION for what is none, and for other options. */
export function typesOf(options: EventOptions): ReadonlySet<EventType> {
  const fields = new Fields(options, "", ["types", "since", "signal"]);
  fields.signal("signal");
  const types = fields.raw("types") ?? eventTypes;
  if (!Array.isArray(types) || types.some((type) => !eventTypes.includes(type))) {
    throw optionError("types", `must be a list of ${eventTypes.join(", ")}`);
  }
  return new Set(types as EventType[]);
}
