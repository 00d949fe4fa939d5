import { z } from "zod";
import type { Clock, Timer } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { encodeCursor } from "../../client/cursor.ts";
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
    // Where nothing has come yet a client that lost its connection goes on from here.
    const from = cursor || encodeCursor(clock.now(), 0);
    return streamed(new EventSource(iterator, from, signal, clock));
  },
});

export const eventRoutes: readonly Route[] = [events];

/** Events as they come; between them a comment now and then, so that no proxy takes it for dead. */
function streamed(source: EventSource): Response {
  const stream = new ReadableStream(source, { highWaterMark: 1 });
  const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
  return new Response(stream, { headers });
}

class EventSource {
  readonly #iterator: AsyncIterableIterator<JobEvent>;
  readonly #from: string;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  #beat: Timer | undefined;

  constructor(
    iterator: AsyncIterableIterator<JobEvent>,
    from: string,
    signal: AbortSignal,
    clock: Clock,
  ) {
    this.#iterator = iterator;
    this.#from = from;
    this.#signal = signal;
    this.#clock = clock;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    controller.enqueue(bytesOf(`retry: 1000\nid: ${this.#from}\n\n`));
    this.#beatLater(controller);
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const { value, done } = await this.#iterator.next();
      if (done !== true) return controller.enqueue(bytesOf(eventText(value)));
    } catch (error) {
      if (!this.#signal.aborted) return this.#fail(controller, error);
    }
    this.#beat?.cancel();
    controller.close();
  }

  async cancel(): Promise<void> {
    this.#beat?.cancel();
    await this.#iterator.return?.();
  }

  #fail(controller: ReadableStreamDefaultController<Uint8Array>, error: unknown): void {
    this.#beat?.cancel();
    controller.error(error);
  }

  #beatLater(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const beat = () => {
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(bytesOf(":\n\n"));
      this.#beatLater(controller);
    };
    this.#beat = this.#clock.after(limits.httpEventBeatMs, beat, true);
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}

function eventText({ cursor, ...event }: JobEvent): string {
  const id = cursor === "" ? "" : `id: ${cursor}\n`;
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
