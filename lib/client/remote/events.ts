import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { JobEvent } from "../../protocol/event.ts";
import type { EventOptions } from "../client.ts";
import { decodeCursor } from "../cursor.ts";
import { typesOf } from "../events.ts";
import type { Connection } from "./connection.ts";
import { EventStreamReader, type SentEvent } from "./event-stream.ts";

/**
 * The server's events, from this call on: what this client does afterwards is among them. Where the
 * connection is lost it is made again, and goes on after the last event: final states that came
 * meanwhile are told, other moves are not. Throws ERR_ERGATE_OPTION or ERR_ERGATE_CURSOR at once.
 */
export function remoteEvents(
  server: Connection,
  options: EventOptions = {},
): AsyncIterableIterator<JobEvent> {
  const types = typesOf(options);
  if (options.since !== undefined) decodeCursor(options.since);
  const end = new AbortController();
  const signals = options.signal === undefined ? [end.signal] : [end.signal, options.signal];
  const query = options.types === undefined ? "" : `?types=${[...types].join(",")}`;
  const signal = AbortSignal.any(signals);
  const events = new Follower(server, `/events${query}`, options.since, signal).events();
  return {
    next: () => events.next(),
    async return() {
      end.abort();
      void events.return(undefined);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

type Pieces = ReadableStreamDefaultReader<Uint8Array>;

class Follower {
  readonly #server: Connection;
  readonly #path: string;
  readonly #signal: AbortSignal;
  #lastId: string | undefined;
  #opened: Promise<Response>;

  constructor(server: Connection, path: string, since: string | undefined, signal: AbortSignal) {
    this.#server = server;
    this.#path = path;
    this.#lastId = since;
    this.#signal = signal;
    this.#opened = this.#open();
    // Told by the first `next`, which may come later.
    this.#opened.catch(() => undefined);
  }

  async *events(): AsyncGenerator<JobEvent, undefined> {
    while (!this.#signal.aborted) {
      const response = await this.#opened.catch((error) => {
        if (!this.#signal.aborted) throw error;
      });
      if (response === undefined) return;
      for await (const { id, data } of this.#sentIn(response)) {
        this.#lastId = id || this.#lastId;
        if (data !== "") yield { reason: undefined, ...JSON.parse(data), cursor: id ?? "" };
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
