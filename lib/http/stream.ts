import type { Clock, Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";

/** Where the pieces of a streamed answer come from. */
export interface TextSource {
  /** Undefined at the end; one that rejects cuts the connection. */
  next(): Promise<string | Uint8Array | undefined>;
  /** Nobody reads any more; called once at most, also while `next` is under way. */
  cancel(): void;
}

/**
 * Text that is made as it is read: of a slow reader one piece waits here, and no more. `beats`: a
 * server-sent comment now and then where nothing comes, so that no proxy takes it for dead.
 */
export function textStream(source: TextSource, beats?: Clock): ReadableStream<Uint8Array> {
  return new ReadableStream(new PulledText(source, beats), { highWaterMark: 1 });
}

/** The answer of a stream of events, which no proxy may hold back. */
export function eventResponse(source: TextSource, clock: Clock): Response {
  const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
  return new Response(textStream(source, clock), { headers });
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

class PulledText {
  readonly #source: TextSource;
  readonly #clock: Clock | undefined;
  #beat: Timer | undefined;

  constructor(source: TextSource, clock: Clock | undefined) {
    this.#source = source;
    this.#clock = clock;
  }

  start(controller: Controller): void {
    this.#beatLater(controller);
  }

  async pull(controller: Controller): Promise<void> {
    try {
      const piece = await this.#source.next();
      if (piece !== undefined) return controller.enqueue(Buffer.from(piece));
    } catch (error) {
      this.#beat?.cancel();
      return controller.error(error);
    }
    this.#beat?.cancel();
    controller.close();
  }

  cancel(): void {
    this.#beat?.cancel();
    this.#source.cancel();
  }

  #beatLater(controller: Controller): void {
    const beat = () => {
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(Buffer.from(":\n\n"));
      this.#beatLater(controller);
    };
    this.#beat = this.#clock?.after(limits.httpEventBeatMs, beat, true);
  }
}
