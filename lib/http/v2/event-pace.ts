import { limits } from "../../base/limits.ts";
import type { JobEvent } from "../../protocol/event.ts";

/** What the followers of one process share: its loop, and the texts of the events. */

/** How long a follower's events may wait for more, so that all pieces together leave the loop free. */
export class EventPace {
  followers = 0;

  get ms(): number {
    return Math.min(this.followers * limits.httpEventFollowerMs, limits.httpEventPaceMs);
  }
}

const texts = new WeakMap<JobEvent, string>();

/** Made once for all who follow: they get the same event. */
export function eventText(event: JobEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const { cursor, ...data } = event;
  const id = cursor === "" ? "" : `id: ${cursor}\n`;
  const text = `${id}event: ${event.type}\ndata: ${JSON.stringify(data)}\n\n`;
  texts.set(event, text);
  return text;
}
