import type { IncomingMessage } from "node:http";
import { Hono, type MiddlewareHandler } from "hono";
import type { Clock } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import type { NewId } from "../base/id.ts";
import type { Client } from "../client/client.ts";
import type { Right } from "../client/http-options.ts";
import type { Logger } from "../client/options.ts";
import { RangePastEnd } from "./byte-range.ts";
import { answerOf, faultCodes } from "./fault.ts";
import { createGuard } from "./guard.ts";
import { protect } from "./headers.ts";
import type { Inside } from "./inside.ts";
import type { Logins } from "./logins.ts";
import type { RequestKeys } from "./request-keys.ts";
import type { HttpSettings } from "./settings.ts";
import type { Tickets } from "./tickets.ts";

/** What each request carries. */
export interface HttpEnv {
  Bindings: {
    /** Of a request that a listener of ours took, not of one that was handed to `fetch`. */
    incoming?: IncomingMessage;
  };
  Variables: {
    requestId: string;
    rights: Right;
    /** The number of a fault of the route that has none of its own. */
    faultCode: number;
    /** The answer was made with all of its headers. */
    hasHeaders?: true;
  };
}

export type App = Hono<HttpEnv>;
export type Handler = MiddlewareHandler<HttpEnv>;

/** What routes stand on. */
export interface HttpParts {
  readonly client: Client;
  readonly inside: Inside;
  readonly settings: HttpSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: NewId;
  readonly tickets: Tickets;
  readonly keys: RequestKeys;
  readonly logins: Logins;
  /** Aborts when the server closes: answers that would go on end. */
  readonly closing: AbortSignal;
}

/** Adds routes to the app; each folder of paths is one of these. */
export type Routes = (app: App, parts: HttpParts) => void;

/**
 * All that the server answers, as one `fetch`. Every request gets an id, is looked at by the guard
 * (host, origin, secret), and has its faults answered with the one body.
 */
export function createApp(parts: HttpParts, routes: readonly Routes[]): App {
  const app: App = new Hono<HttpEnv>();
  app.use(identify(parts), protect, createGuard(parts));
  for (const add of routes) add(app, parts);
  app.notFound((c) => {
    const error = new ErgateError("ERR_ERGATE_HTTP_ROUTE", `there is nothing at ${c.req.path}`);
    return answer(c, error);
  });
  app.onError((error, c) => {
    if (!(error instanceof ErgateError)) {
      parts.logger.error({ err: error, requestId: c.get("requestId") }, "a request failed");
    }
    return answer(c, error);
  });
  return app;
}

type Context = Parameters<Handler>[0];

function answer(c: Context, error: unknown): Response {
  const code = c.get("faultCode") ?? faultCodes.launch;
  const { status, body } = answerOf(error, c.get("requestId"), code);
  if (status === 401) c.header("www-authenticate", "Bearer");
  if (error instanceof RangePastEnd) c.header("content-range", `bytes */${error.total}`);
  return c.json(body, status as 400);
}

const soundId = /^[\w.:-]{1,128}$/;

/** A client's own id is kept where it is sound, so that both logs tell of one request. */
function identify({ newId }: HttpParts): Handler {
  return async (c, next) => {
    const given = c.req.header("x-request-id");
    const requestId = given !== undefined && soundId.test(given) ? given : newId();
    c.set("requestId", requestId);
    await next();
  };
}
