import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { EventType, JobEvent } from "../../protocol/event.ts";
import { type Route, route } from "../route.ts";

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
    return streamed(iterator, signal, clock);
  },
});

export const eventRoutes: readonly Route[] = [events];

/** Events as they come; between them a comment now and then, so that no proxy takes it for dead. */
function streamed(
  iterator: AsyncIterableIterator<JobEvent>,
  signal: AbortSignal,
  clock: Clock,
): Response {
  const encoder = new TextEncoder();
  let beat = { cancel: () => {} };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const tick = () => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(":\n\n"));
          beat = clock.after(limits.httpEventBeatMs, tick, true);
        };
        controller.enqueue(encoder.encode("retry: 1000\n\n"));
        beat = clock.after(limits.httpEventBeatMs, tick, true);
      },
      async pull(controller) {
        try {
          const { value, done } = await iterator.next();
          if (done === true) return end(controller);
          controller.enqueue(encoder.encode(eventText(value)));
        } catch (error) {
          if (signal.aborted) return end(controller);
          beat.cancel();
          controller.error(error);
        }
      },
      async cancel() {
        beat.cancel();
        await iterator.return?.();
      },
    },
    { highWaterMark: 1 },
  );
  const end = (controller: ReadableStreamDefaultController) => {
    beat.cancel();
    controller.close();
  };
  const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
  return new Response(stream, { headers });
}

function eventText({ cursor, ...event }: JobEvent): string {
  const id = cursor === "" ? "" : `id: ${cursor}\n`;
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
