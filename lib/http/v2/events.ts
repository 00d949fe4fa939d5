import { z } from "zod";
import { encodeCursor } from "../../client/cursor.ts";
import type { EventType } from "../../protocol/event.ts";
import { type Route, route } from "../route.ts";
import { EventPace } from "./event-pace.ts";
import { EventSource } from "./event-source.ts";

const pace = new EventPace();

const events = route({
  method: "get",
  path: "/api/v2/events",
  right: "read",
  summary: "Follow the moves of jobs as server-sent events; Last-Event-ID goes on after one",
  query: z.strictObject({ types: z.string().optional(), since: z.string().optional() }),
  answer: "events",
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
    return streamed(new EventSource({ iterator, from, signal, clock, pace }));
  },
});

export const eventRoutes: readonly Route[] = [events];

/** Events as they come; between them a comment now and then, so that no proxy takes it for dead. */
function streamed(source: EventSource): Response {
  const stream = new ReadableStream(source, { highWaterMark: 1 });
  const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
  return new Response(stream, { headers });
}
