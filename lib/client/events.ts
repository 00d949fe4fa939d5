import { Fields, optionError } from "../job/fields.ts";
import { type EventType, eventTypes, type JobEvent } from "../protocol/event.ts";
import type { EventOptions } from "./client.ts";
import { decodeCursor } from "./cursor.ts";
import type { Hub } from "./hub.ts";
import type { Watch } from "./watch.ts";

/**
 * The moves of jobs, as they are committed. A subscriber that falls behind its buffer gets a `gap` in
 * their place. Throws ERR_ERGATE_OPTION or ERR_ERGATE_CURSOR at once.
 */
export function events(
  hub: Hub,
  watch: Watch,
  options: EventOptions = {},
): AsyncIterableIterator<JobEvent> {
  const types = typesOf(options);
  const { signal } = options;
  const place = options.since === undefined ? undefined : decodeCursor(options.since);
  const subscription = hub.subscribe();
  const unwatch = watch.follow(place);
  let over = false;
  let wake: (() => void) | undefined;
  const end = () => {
    if (over) return;
    over = true;
    subscription.close();
    unwatch();
    signal?.removeEventListener("abort", end);
    wake?.();
  };
  if (signal?.aborted) end();
  else signal?.addEventListener("abort", end, { once: true });

  return {
    async next() {
      while (!over) {
        const event = subscription.next();
        if (event === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            subscription.onEvent(resolve);
          });
        } else if (event.type === "gap" || types.has(event.type)) {
          return { done: false, value: event };
        }
      }
      return { done: true, value: undefined };
    },
    async return() {
      end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function typesOf(options: EventOptions): ReadonlySet<EventType> {
  const fields = new Fields(options, "", ["types", "since", "signal"]);
  const types = fields.raw("types") ?? eventTypes;
  if (!Array.isArray(types) || types.some((type) => !eventTypes.includes(type))) {
    throw optionError("types", `must be a list of ${eventTypes.join(", ")}`);
  }
  return new Set(types as EventType[]);
}
