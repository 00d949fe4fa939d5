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
 * Text that is made as it is read: of a slow reader one piece waits here, and no more; one who
 * takes nothing for a minute is cut. `beats`: a server-sent comment now and then where nothing
 * comes, so that no proxy takes it for dead.
 */
export function textStream(
  source: TextSource,
  clock: Clock,
  { beats = false }: { beats?: boolean } = {},
): ReadableStream<Uint8Array> {
  return new ReadableStream(new PulledText(source, clock, beats), { highWaterMark: 1 });
}

/** The answer of a stream of events, which no proxy may hold back. */
export function eventResponse(source: TextSource, clock: Clock): Response {
  const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
  return new Response(textStream(source, clock, { beats: true }), { headers });
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

class PulledText {
  readonly #source: TextSource;
  readonly #clock: Clock;
  readonly #beats: boolean;
  /** Of the next beat while the reader waits for us, of its end while we wait for the reader. */
  #timer: Timer | undefined;
  #over = false;

  constructor(source: TextSource, clock: Clock, beats: boolean) {
    this.#source = source;
    this.#clock = clock;
    this.#beats = beats;
  }

  /** Called when the piece before was taken. */
  async pull(controller: Controller): Promise<void> {
    this.#beatLater(controller);
    try {
      const piece = await this.#source.next();
      if (this.#over) return;
      if (piece !== undefined) return this.#give(controller, Buffer.from(piece));
      this.#end();
      controller.close();
    } catch (error) {
      if (this.#over) return;
      this.#end();
      controller.error(error);
    }
  }

  cancel(): void {
    this.#end();
    this.#source.cancel();
  }

  #give(controller: Controller, piece: Uint8Array): void {
    controller.enqueue(piece);
    this.#timer?.cancel();
    // Where a reader waits it has the piece already, and pulls again.
    if ((controller.desiredSize ?? 0) > 0) return;
    this.#timer = this.#clock.after(limits.httpStalledMs, () => {
      this.cancel();
      controller.error(new Error("nobody reads the stream"));
    });
  }

  /** One who has not taken the last beat gets no more: the next piece tells whether it reads. */
  #beatLater(controller: Controller): void {
    this.#timer?.cancel();
    if (!this.#beats) return;
    const beat = () => {
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(Buffer.from(":\n\n"));
      this.#beatLater(controller);
    };
    this.#timer = this.#clock.after(limits.httpEventBeatMs, beat, true);
  }

  #end(): void {
    this.#over = true;
    this.#timer?.cancel();
  }
}
