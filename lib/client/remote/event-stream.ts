import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";

/** One server-sent event; `id` where the stream gave one with it, `data` where it has any. */
export interface SentEvent {
  type: string;
  id: string | undefined;
  data: string;
}

/** Reads server-sent events from pieces of bytes, which may end anywhere. */
export class EventStreamReader {
  readonly #decoder = new TextDecoder();
  #text = "";

  /** The events that a piece completes. Throws ERR_ERGATE_HTTP_ANSWER for one without an end. */
  read(piece: Uint8Array): SentEvent[] {
    this.#text += this.#decoder.decode(piece, { stream: true });
    const blocks = this.#text.split("\n\n");
    this.#text = blocks.pop() as string;
    if (this.#text.length > limits.clientEventChars) {
      const message = `an event is longer than ${limits.clientEventChars} characters`;
      throw new ErgateError("ERR_ERGATE_HTTP_ANSWER", message);
    }
    return blocks.map(eventOf);
  }
}

function eventOf(block: string): SentEvent {
  const event: SentEvent = { type: "message", id: undefined, data: "" };
  for (const line of block.split("\n")) {
    const [, field, value] = /^(event|id|data): ?(.*)$/.exec(line) ?? [];
    if (field === "event") event.type = value as string;
    if (field === "id") event.id = value;
    if (field === "data") event.data += value;
  }
  return event;
}
