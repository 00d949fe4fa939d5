import { z } from "zod";
import { encodeCursor } from "../../client/cursor.ts";
import type { EventType, JobEvent } from "../../protocol/event.ts";
import { type Route, route } from "../route.ts";
import { eventResponse, type TextSource } from "../stream.ts";

const events = route({
  method: "get",
  path: "/api/v2/events",
  right: "read",
  summary: "Follow the moves of jobs as server-sent events; Last-Event-ID goes on after one",
  query: z.strictObject({ types: z.string().optional(), since: z.string().optional() }),
  answer: "events",
  headers: { "Last-Event-ID": "Goes on after that event." },
  async run({ query: { types, since }, signal, header }, { client, clock }) {
    const cursor = header("last-event-id") ?? since;
    const chosen = types?.split(",") as EventType[] | undefined;
    const iterator = client.events({
      ...(chosen === undefined ? {} : { types: chosen }),
      ...(cursor === undefined || cursor === "" ? {} : { since: cursor }),
      signal,
    });
    // Where nothing has come yet a client that lost its connection goes on from here.
    const from = cursor || encodeCursor(clock.now(), 0);
    return eventResponse(sourceOf(iterator, from, signal), clock);
  },
});

export const eventRoutes: readonly Route[] = [events];

function sourceOf(
  iterator: AsyncIterableIterator<JobEvent>,
  from: string,
  signal: AbortSignal,
): TextSource {
  let head: string | undefined = `retry: 1000\nid: ${from}\n\n`;
  const next = async () => {
    const first = head;
    head = undefined;
    if (first !== undefined) return first;
    try {
      const { value, done } = await iterator.next();
      return done === true ? undefined : eventText(value);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  };
  return { next, cancel: () => void iterator.return?.() };
}

function eventText({ cursor, ...event }: JobEvent): string {
  const id = cursor === "" ? "" : `id: ${cursor}\n`;
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
