import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { Connection } from "./connection.ts";
import { EventStreamReader, type SentEvent } from "./event-stream.ts";

type Pieces = ReadableStreamDefaultReader<Uint8Array>;

/**
 * A stream of the server's events, from this construction on. Where the connection is lost it is
 * made again, and goes on after the last event that had an id.
 */
export class SentStream {
  readonly #server: Connection;
  readonly #path: string;
  readonly #signal: AbortSignal;
  #lastId: string | undefined;
  #opened: Promise<Response>;

  /** `path`: below `/api/v2`. `since`: the id of the last event that is known already. */
  constructor(server: Connection, path: string, since: string | undefined, signal: AbortSignal) {
    this.#server = server;
    this.#path = path;
    this.#lastId = since;
    this.#signal = signal;
    this.#opened = this.#open();
    // Told by the first `next`, which may come later.
    this.#opened.catch(() => undefined);
  }

  /** Ends by the signal alone, or by who reads. */
  async *events(): AsyncGenerator<SentEvent, undefined> {
    while (!this.#signal.aborted) {
      const response = await this.#opened.catch((error) => {
        if (!this.#signal.aborted) throw error;
      });
      if (response === undefined) return;
      for await (const event of this.#sentIn(response)) {
        this.#lastId = event.id || this.#lastId;
        if (event.data !== "") yield event;
      }
      if (!this.#signal.aborted) this.#opened = this.#openAgain();
    }
    return undefined;
  }

  #open(): Promise<Response> {
    return this.#server.open(this.#path, this.#lastId, this.#signal);
  }

  /** Ends with the connection, and where it has gone silent: the server speaks now and then. */
  async *#sentIn({ body }: Response): AsyncGenerator<SentEvent> {
    if (body === null) return;
    const pieces = body.getReader();
    const sent = new EventStreamReader();
    try {
      for (;;) {
        const piece = await this.#pieceOf(pieces);
        if (piece === undefined) return;
        yield* sent.read(piece);
      }
    } finally {
      pieces.cancel().catch(() => undefined);
    }
  }

  async #pieceOf(pieces: Pieces): Promise<Uint8Array | undefined> {
    const silence = this.#server.clock.after(limits.clientSilentMs, () => {
      pieces.cancel().catch(() => undefined);
    });
    try {
      return (await pieces.read()).value;
    } catch {
      return undefined;
    } finally {
      silence.cancel();
    }
  }

  /** Again and again for some minutes: a server that is started anew is back by then. */
  async #openAgain(): Promise<Response> {
    const { clock } = this.#server;
    const until = clock.monotonic() + limits.clientReconnectMs;
    for (;;) {
      await this.#pause();
      this.#signal.throwIfAborted();
      try {
        return await this.#open();
      } catch (error) {
        if (!isPassing(error) || clock.monotonic() >= until) throw error;
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        this.#signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.#server.clock.after(limits.clientRetryMs, end);
      this.#signal.addEventListener("abort", end, { once: true });
    });
  }
}

/** What the next try may not meet. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof ErgateError)) return false;
  return error.retryable || error.code === "ERR_ERGATE_STOPPED";
}

/** What a stream is made into. `return` ends it also while it waits for what comes next. */
export function ended<T>(
  signal: AbortSignal | undefined,
  make: (signal: AbortSignal) => AsyncGenerator<T, undefined>,
): AsyncIterableIterator<T> {
  const end = new AbortController();
  const items = make(signal === undefined ? end.signal : AbortSignal.any([end.signal, signal]));
  return {
    next: () => items.next(),
    async return() {
      end.abort();
      void items.return(undefined);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
