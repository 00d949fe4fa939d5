import { lookup as dnsLookup } from "node:dns/promises";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { type HookRules, refusalOfAddress, refusalOfHost } from "../job/hook-rules.ts";

/** All addresses of a name. */
export type LookUp = (name: string) => Promise<readonly { address: string; family: number }[]>;

export interface PosterParts {
  clock: Clock;
  rules: HookRules;
  /** Of a whole POST, with its moves: whoever claimed the event counts on it. */
  timeoutMs: number;
  /** Connections to one host. */
  perHost: number;
  /** How long a connection is kept for the next POST. */
  idleMs?: number;
  lookUp?: LookUp;
}

export type Posted =
  | { type: "answered"; status: number; retryAfter: string | undefined }
  /** It did not come to an answer. */
  | { type: "failed"; reason: string };

export interface Poster {
  /** Never rejects. An aborted one fails. */
  post(
    url: string,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<Posted>;
  close(): void;
}

/**
 * Posts to receivers that nobody here knows. The address that is dialled is the very one that was
 * checked, so that a name which is looked up as another one the second time gains nothing: of
 * several addresses those that pass are dialled. What is answered is dropped.
 */
export function createPoster(parts: PosterParts): Poster {
  const { clock, timeoutMs, perHost: maxSockets, idleMs: timeout = limits.hookIdleMs } = parts;
  const options = { keepAlive: true, maxSockets, timeout, lookup: guarded(parts) };
  const agents = { "http:": new http.Agent(options), "https:": new https.Agent(options) };
  return {
    async post(url, headers, body, signal) {
      const until = clock.monotonic() + timeoutMs;
      try {
        return await follow({ parts, agents, headers, body, signal, until }, new URL(url), 0);
      } catch (error) {
        return { type: "failed", reason: messageOf(error) };
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

interface Sending {
  parts: PosterParts;
  agents: { "http:": http.Agent; "https:": https.Agent };
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
  /** On the monotonic clock. */
  until: number;
}

/** Within its host only, and never from https to http. */
async function follow(sending: Sending, url: URL, moves: number): Promise<Posted> {
  const refusal = refusalOfHost(url.hostname, sending.parts.rules);
  if (refusal !== undefined) return { type: "failed", reason: `the address ${refusal}` };
  const { status, location, retryAfter } = await once(sending, url);
  if (![301, 302, 307, 308].includes(status) || location === undefined) {
    return { type: "answered", status, retryAfter };
  }
  const next = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
  const isSafe = next?.protocol === url.protocol || next?.protocol === "https:";
  if (next === undefined || next.host !== url.host || !isSafe) {
    return { type: "failed", reason: `HTTP ${status} leads to another host` };
  }
  if (moves === limits.hookRedirects)
    return { type: "failed", reason: "it leads from place to place" };
  return follow(sending, next, moves + 1);
}

interface Answer {
  status: number;
  location: string | undefined;
  retryAfter: string | undefined;
}

function once(sending: Sending, url: URL): Promise<Answer> {
  const { parts, agents, headers, body, signal, until } = sending;
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === "https:";
    const request = (isTls ? https : http).request(url, {
      ...{ method: "POST", agent: agents[isTls ? "https:" : "http:"], signal },
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
    });
    const timer = parts.clock.after(Math.max(0, until - parts.clock.monotonic()), () => {
      request.destroy(new Error(`no answer within ${parts.timeoutMs} ms`));
    });
    request.on("close", () => {
      timer.cancel();
      // After a 101, which nobody asked for, there is neither an answer nor an error.
      reject(new Error("closed without an answer"));
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      // The receiver closed a kept connection just then: it has seen nothing of this.
      const isStale = request.reusedSocket && error.code === "ECONNRESET" && !signal.aborted;
      if (isStale) resolve(once(sending, url));
      else reject(error);
    });
    request.on("response", (answer) => {
      resolve(answerOf(answer));
      drop(answer);
    });
    request.end(body);
  });
}

function answerOf({ statusCode = 0, headers }: IncomingMessage): Answer {
  return { status: statusCode, location: headers.location, retryAfter: headers["retry-after"] };
}

/** Read to its end, the connection serves the next one; one that is long is cut. */
function drop(answer: IncomingMessage): void {
  let bytes = 0;
  answer.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.hookAnswerBytes) answer.destroy();
  });
  answer.on("error", () => undefined);
}

/** Gives only addresses that may be dialled. */
function guarded({ rules, lookUp = dnsAll }: PosterParts): LookupFunction {
  return (name, options, done) => {
    lookUp(name).then(
      (all) => {
        const open = all.filter(
          ({ address }) => refusalOfAddress(name, address, rules) === undefined,
        );
        const [first] = open;
        if (first === undefined) return done(new Error(refusedText(name, all, rules)), "", 4);
        if (options.all === true) return done(null, [...open]);
        return done(null, first.address, first.family);
      },
      (error: unknown) => done(error as Error, "", 4),
    );
  };
}

function refusedText(name: string, all: Awaited<ReturnType<LookUp>>, rules: HookRules): string {
  const [first] = all;
  if (first === undefined) return `${name} has no address`;
  return `${name} ${refusalOfAddress(name, first.address, rules)}`;
}

const dnsAll: LookUp = (name) => dnsLookup(name, { all: true });
