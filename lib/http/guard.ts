import { isIP } from "node:net";
import { ErgateError } from "../base/error.ts";
import type { Right } from "../client/http-options.ts";
import type { Handler, HttpParts } from "./app.ts";
import { docsFiles } from "./docs/files.ts";
import { allows } from "./secrets.ts";
import { type HttpSettings, isLoopback } from "./settings.ts";

/** Paths that need no secret: what a load balancer, a jobservice client and a browser ask first. */
const open: ReadonlySet<string> = new Set([
  ...["/api/v1/stats", "/healthz", "/readyz", "/monitor/ping"],
  // The page's files hold nothing of anybody's, and a browser names no secret before it has them.
  ...docsFiles.map(({ path }) => path),
]);

/** Who is let in: by the name it called us by, by where its page came from, by its secret. */
export function createGuard(parts: HttpParts): Handler {
  const { logins } = parts;
  let sound: string | undefined;
  return async (c, next) => {
    const host = c.req.header("host");
    // A client's requests all name the same one: it is looked at once.
    if (host === undefined || host !== sound) checkHost(parts.settings, host, c.req.url);
    sound = host;
    checkOrigin(c.req.method, c.req.header("sec-fetch-site"));
    const known = isOpen(c.req.path, c.req.url)
      ? "read"
      : logins.rightsOf(c.req.raw, c.get("requestId"));
    c.set("rights", await known);
    await next();
  };
}

/** A route that needs more than to be let in. */
export function needs(right: Right): Handler {
  return async (c, next) => {
    checkRight(c.get("rights"), right);
    await next();
  };
}

/** Throws ERR_ERGATE_HTTP_FORBIDDEN. */
export function checkRight(granted: Right, needed: Right): void {
  if (allows(granted, needed)) return;
  const message = `this needs the right "${needed}"; the secret has "${granted}"`;
  throw new ErgateError("ERR_ERGATE_HTTP_FORBIDDEN", message);
}

export function changesCommands({ settings }: HttpParts): Handler {
  return async (c, next) => {
    checkCommands(c.get("rights"), settings);
    await next();
  };
}

/**
 * To change commands is to run programs here. Where nobody names a secret, any program of this
 * machine may ask: the server's options have to allow it.
 */
export function checkCommands(granted: Right, settings: HttpSettings): void {
  const { allowCommands, auth, secrets } = settings;
  if (allowCommands) return checkRight(granted, "operate");
  if (auth !== undefined || secrets.length > 0) return checkRight(granted, "admin");
  const message = 'this needs a secret with the right "admin", or http.allowCommands';
  throw new ErgateError("ERR_ERGATE_HTTP_FORBIDDEN", message, { path: "http.allowCommands" });
}

/** As the jobservice has it: the bare path alone, a query makes it ask for the secret. */
function isOpen(path: string, url: string): boolean {
  return open.has(path) && !url.includes("?");
}

/**
 * A page that had its name resolved to this machine sends that name as `Host`: neither a loopback
 * name nor one that was listed. Addresses can't be rebound.
 */
function checkHost(settings: HttpSettings, header: string | undefined, url: string): void {
  const name = hostnameOf(header ?? new URL(url).host);
  const listed = [settings.host.toLowerCase(), ...settings.hosts];
  if (isLoopback(name) || listed.includes(name)) return;
  if (isIP(name) !== 0 && !isLoopback(settings.host)) return;
  const message = `this server is not ${JSON.stringify(name.slice(0, 100))}: list it in http.hosts`;
  throw new ErgateError("ERR_ERGATE_HTTP_HOST", message);
}

/** Without its port, and an IPv6 address without its brackets. */
function hostnameOf(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
  return bracketed ?? plain ?? "";
}

/** No cookie is read: another site's page could forge only what needs no secret. */
function checkOrigin(method: string, site: string | undefined): void {
  if (method === "GET" || method === "HEAD") return;
  if (site === undefined || site === "same-origin" || site === "none") return;
  throw new ErgateError("ERR_ERGATE_HTTP_ORIGIN", `a page of another site (${site}) sent this`);
}
