import type { Context } from "hono";
import { z } from "zod";
import { ErgateError } from "../base/error.ts";
import type { Right } from "../client/http-options.ts";
import type { App, Handler, HttpEnv, HttpParts } from "./app.ts";
import { jsonOf } from "./body.ts";
import { faultCodes } from "./fault.ts";
import { checkCommands, checkRight } from "./guard.ts";
import { jsonAnswer } from "./headers.ts";
import { OpenRequests } from "./open-requests.ts";

/** Routes as data: what checks a request also describes it. */

export type Method = "get" | "post" | "put" | "patch" | "delete";

export interface RouteInput<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** Of who asks. */
  rights: Right;
  /** Aborts when the client went away, or the server closes. */
  signal: AbortSignal;
  header(name: string): string | undefined;
}

export interface RouteOptions<Params, Query, Body> {
  method: Method;
  /** Such as `/api/v2/jobs/{id}`. */
  path: string;
  right: Right;
  /** Who may operate may do it, too, where the server's options allow to change commands. */
  changesCommands?: true;
  /** One line, for people. */
  summary: string;
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** Of what it answers, by its status; default 200. A Response that it makes goes out as it is. */
  answer: z.ZodType | "text" | "events" | "nothing" | { mediaType: string };
  status?: number;
  /** Statuses of refusals that not every route has: 404 comes with a path's parameters. */
  refuses?: readonly (404 | 408 | 409 | 422)[];
  /** Of headers that it reads, what each is for. */
  headers?: Readonly<Record<string, string>>;
  /** It answers a `Range` with 206, or 416. */
  partial?: true;
  /** The number of a fault that has none of its own. */
  faultCode?: number;
  run(input: RouteInput<Params, Query, Body>, parts: HttpParts): Promise<unknown>;
}

export type Route = RouteOptions<unknown, unknown, unknown>;

/** Keeps what its schemas say together with what `run` takes. */
export function route<Params = undefined, Query = undefined, Body = undefined>(
  options: RouteOptions<Params, Query, Body>,
): Route {
  return options as unknown as Route;
}

/** Adds them, and for other methods 405; OPTIONS asks which ones there are. */
export function mount(app: App, parts: HttpParts, routes: readonly Route[]): void {
  const methods = new Map<string, string[]>();
  const open = new OpenRequests();
  for (const one of routes) {
    const path = one.path.replaceAll(/\{(\w+)\}/g, ":$1");
    methods.set(path, [...(methods.get(path) ?? []), one.method.toUpperCase()]);
    app.on(one.method.toUpperCase(), path, handlerOf(one, parts, open));
  }
  for (const [path, taken] of methods) {
    const allowed = [...taken, ...(taken.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
    app.all(path, (c) => {
      c.header("allow", allowed.join(", "));
      if (c.req.method === "OPTIONS") return c.body(null, 204);
      const message = `${c.req.path} takes ${taken.join(", ")}, not ${c.req.method}`;
      throw new ErgateError("ERR_ERGATE_HTTP_METHOD", message);
    });
  }
}

/** One function for all that a route does: each layer of hono's costs two promises. */
function handlerOf(one: Route, parts: HttpParts, open: OpenRequests): Handler {
  const { faultCode = faultCodes.launch, answer, status = 200 } = one;
  const isStream = answer === "events" || answer === "text";
  return async (c) => {
    c.set("faultCode", faultCode);
    const rights = c.get("rights");
    if (one.changesCommands === true) checkCommands(rights, parts.settings);
    else checkRight(rights, one.right);
    const request = c.req.raw;
    const asked = {
      params: parsed(one.params, c.req.param(), ""),
      query: parsed(one.query, queryOf(one, c.req.query()), ""),
      body: one.body && parsed(one.body, await jsonOf(request, isFramed(c)), "body"),
      rights,
      header: (name: string) => c.req.header(name),
    };
    const run = (signal: AbortSignal) =>
      one.run({ ...asked, signal }, parts).catch((error) => {
        throw signal.aborted && error === signal.reason ? closed() : error;
      });
    const value = isStream
      ? await run(AbortSignal.any([request.signal, parts.closing]))
      : await open.during(request, parts.closing, run);
    if (value instanceof Response) return c.req.method === "HEAD" ? headOf(value) : value;
    if (answer === "nothing") return c.body(null, 204);
    return jsonAnswer(c, value as object, status);
  };
}

/** Node's parser took it, and cut its body to the length that its header says. */
function isFramed({ env }: Context<HttpEnv>): boolean {
  return env?.incoming !== undefined;
}

/** The guard has taken the ticket already. */
function queryOf({ answer }: Route, { ticket, ...query }: Record<string, string>) {
  return answer === "events" || ticket === undefined ? query : { ...query, ticket };
}

/** Nobody reads what it would go on with. */
async function headOf(answer: Response): Promise<Response> {
  await answer.body?.cancel();
  return new Response(null, answer);
}

/** A wait that the server's end cut short, or that nobody waits for any more: no fault of ours. */
function closed(): ErgateError {
  return new ErgateError("ERR_ERGATE_STOPPED", "the server closed, or the client left");
}

/** Throws ERR_ERGATE_OPTION with the first bad field's path. */
function parsed(schema: z.ZodType | undefined, value: unknown, root: string): unknown {
  if (schema === undefined) return undefined;
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const [issue] = error.issues;
  const keys = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const path = [root, ...(issue?.path ?? []), ...keys].filter((key) => key !== "").join(".");
  throw new ErgateError("ERR_ERGATE_OPTION", `${path || "the body"}: ${issue?.message}`, { path });
}

/** Text in a query that is a whole number. */
export function wholeNumber(min: number, max: number) {
  return z.coerce.number().int().min(min).max(max);
}
