import { type Clock, systemClock } from "../../base/clock.ts";
import type { Duration } from "../../base/duration.ts";
import { ErgateError, messageOf } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import { Fields, optionError } from "../../job/fields.ts";
import type { Page } from "../../job/job.ts";
import { answerOf, faultOf } from "./answer.ts";

export interface ClientOptions {
  /** Of the server, such as `http://127.0.0.1:9321`; a path before `/api` is kept. */
  url: string;
  /** Goes with every request. */
  secret?: string;
  /** Default: the global one. */
  fetch?: typeof fetch;
  /** For each answer; what waits adds its own wait. Default 30 s. */
  timeout?: Duration;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface CallOptions {
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  /** The body as JSON text, in place of `body`. */
  text?: string | undefined;
  signal?: AbortSignal | undefined;
  /** How much longer than others this may take. */
  extraMs?: number;
}

/** Where requests go, and how what comes back is read. */
export class Connection {
  readonly clock: Clock = systemClock;
  readonly #base: string;
  readonly #secret: string | undefined;
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;
  /** Streams that are being opened: who follows first, and then acts, sees what it did. */
  #opening: Promise<unknown> = Promise.resolve();

  /** Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the path of the bad option. */
  constructor(options: ClientOptions) {
    const fields = new Fields(options, "", ["url", "secret", "fetch", "timeout"]);
    this.#base = baseOf(fields.string("url"));
    this.#secret = fields.string("secret");
    this.#fetch = fields.function("fetch", "(url, init) => response") ?? fetch;
    this.#timeoutMs = fields.durationMs("timeout") ?? limits.clientTimeoutMs;
  }

  /**
   * What the server answers. Rejects with the server's own ErgateError, its code, path and id;
   * ERR_ERGATE_HTTP_UNREACHABLE; ERR_ERGATE_HTTP_ANSWER for what no Ergate says; the signal's
   * reason.
   */
  async call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
    const { body, text = body === undefined ? undefined : JSON.stringify(body), signal } = options;
    if (text !== undefined && Buffer.byteLength(text) > limits.httpBodyBytes) {
      const most = limits.httpBodyBytes;
      throw new ErgateError("ERR_ERGATE_HTTP_BODY", `the request is larger than ${most} bytes`);
    }
    signal?.throwIfAborted();
    await this.#opening;
    const url = `${this.#base}/api/v2${path}${searchOf(options.query)}`;
    const waitMs = this.#timeoutMs + (options.extraMs ?? 0);
    return this.#bounded(waitMs, signal, async (until) => {
      const type = text === undefined ? {} : { "content-type": "application/json" };
      const headers = { ...this.#headers(), ...type };
      const sent = text === undefined ? {} : { body: text };
      const send = this.#fetch;
      const init = { method, headers, ...sent, redirect: "error", signal: until } as const;
      return (await answerOf(await send(url, init))) as T;
    });
  }

  /** All items of a list that has pages. */
  async whole<T>(path: string): Promise<T[]> {
    const all: T[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: limits.pageRows, cursor };
      const page: Page<T> = await this.call("GET", path, { query });
      all.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return all;
  }

  /** A stream that goes on until `signal`; its head must come in time. */
  open(path: string, lastId: string | undefined, signal: AbortSignal): Promise<Response> {
    const lost = new AbortController();
    const opened = this.#bounded(this.#timeoutMs, signal, async (until) => {
      until.addEventListener("abort", () => lost.abort(until.reason), { once: true });
      const last = lastId === undefined ? {} : { "last-event-id": lastId };
      const headers = { ...this.#headers(), ...last };
      const init = {
        headers,
        redirect: "error",
        signal: AbortSignal.any([lost.signal, signal]),
      } as const;
      const send = this.#fetch;
      const response = await send(`${this.#base}/api/v2${path}`, init);
      if (!response.ok) throw faultOf(await response.text(), response.status);
      return response;
    });
    this.#opening = Promise.allSettled([this.#opening, opened]);
    return opened;
  }

  #headers(): Record<string, string> {
    const secret = this.#secret;
    const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
    return { accept: "application/json", ...authorization };
  }

  async #bounded<T>(
    waitMs: number,
    signal: AbortSignal | undefined,
    action: (until: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const late = new AbortController();
    const timer = this.clock.after(waitMs, () => late.abort());
    try {
      const signals = signal === undefined ? [late.signal] : [late.signal, signal];
      return await action(AbortSignal.any(signals));
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof ErgateError) throw error;
      const what = late.signal.aborted ? `it did not answer within ${waitMs} ms` : reasonOf(error);
      const message = `${this.#base} can't be reached: ${what}`;
      throw new ErgateError("ERR_ERGATE_HTTP_UNREACHABLE", message, { path: "url", cause: error });
    } finally {
      timer.cancel();
    }
  }
}

/** A text as one part of a path. Throws ERR_ERGATE_REMOTE for what no URL can hold. */
export function segment(text: string, path: string): string {
  if (text !== "." && text !== ".." && !/\p{Surrogate}/u.test(text))
    return encodeURIComponent(text);
  const message = `${path} ${JSON.stringify(text.slice(0, 60))} can't stand in a URL`;
  throw new ErgateError("ERR_ERGATE_REMOTE", message, { path });
}

function baseOf(text: string | undefined): string {
  const url = URL.canParse(text ?? "") ? new URL(text as string) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw optionError("url", "must be a server's address such as http://127.0.0.1:9321");
  }
  if (url.username !== "" || url.password !== "") {
    throw optionError("url", "must hold no password: give it as secret");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** A query, with its question mark; empty where nothing is given. */
export function searchOf(query: CallOptions["query"] = {}): string {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) given.set(key, String(value));
  }
  return given.size === 0 ? "" : `?${given}`;
}

/** `fetch` hides what happened in its cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string } };
  const text = cause === undefined ? "" : messageOf(cause);
  return text || cause?.code || messageOf(error);
}
