import type { Clock, Timer } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { JobEvent } from "../../protocol/event.ts";
import { type EventPace, eventText } from "./event-pace.ts";

export interface EventSourceParts {
  iterator: AsyncIterableIterator<JobEvent>;
  /** The cursor before the first event. */
  from: string;
  signal: AbortSignal;
  clock: Clock;
  pace: EventPace;
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

/**
 * One follower's stream. What happens in one turn of the loop goes out as one piece, and where many
 * follow, what happens between two rounds of theirs.
 */
export class EventSource {
  readonly #parts: EventSourceParts;
  #gathered: string[] = [];
  /** A flush comes. */
  #coming = false;
  /** A flush found that its client has not read the last piece. */
  #blocked = false;
  #over = false;
  #beat: Timer | undefined;
  #room: (() => void) | undefined;

  constructor(parts: EventSourceParts) {
    this.#parts = parts;
    parts.pace.followers++;
  }

  start(controller: Controller): void {
    controller.enqueue(bytesOf(`retry: 1000\nid: ${this.#parts.from}\n\n`));
    this.#beatLater(controller);
    this.#pump(controller).then(
      () => this.#end(() => controller.close()),
      (error) => this.#end(() => this.#fail(controller, error)),
    );
  }

  pull(controller: Controller): void {
    if (this.#blocked) this.#flush(controller);
  }

  async cancel(): Promise<void> {
    this.#end(() => undefined);
    await this.#parts.iterator.return?.();
  }

  async #pump(controller: Controller): Promise<void> {
    for await (const event of this.#parts.iterator) {
      this.#gathered.push(eventText(event));
      if (!this.#coming && !this.#blocked) this.#flushLater(controller);
      if (this.#gathered.length >= limits.httpEventsGathered) await this.#emptied();
    }
    if (!this.#over && this.#gathered.length > 0) controller.enqueue(this.#taken());
  }

  #emptied(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  #flushLater(controller: Controller): void {
    const { clock, pace } = this.#parts;
    this.#coming = true;
    pace.next(clock, () => this.#flush(controller));
  }

  #flush(controller: Controller): void {
    this.#coming = false;
    if (this.#over) return;
    this.#blocked = (controller.desiredSize ?? 0) <= 0;
    if (this.#blocked || this.#gathered.length === 0) return;
    controller.enqueue(this.#taken());
    this.#room?.();
  }

  #taken(): Uint8Array {
    const piece = this.#parts.pace.piece(this.#gathered);
    this.#gathered = [];
    return piece;
  }

  #end(last: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#parts.pace.followers--;
    this.#beat?.cancel();
    this.#room?.();
    last();
  }

  #fail(controller: Controller, error: unknown): void {
    if (this.#parts.signal.aborted) controller.close();
    else controller.error(error);
  }

  #beatLater(controller: Controller): void {
    const beat = () => {
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(bytesOf(":\n\n"));
      this.#beatLater(controller);
    };
    this.#beat = this.#parts.clock.after(limits.httpEventBeatMs, beat, true);
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}
