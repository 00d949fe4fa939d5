import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Clock } from "../base/clock.ts";
import { ErgateError, messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { App } from "./app.ts";
import type { HttpSettings } from "./settings.ts";

/** A server that listens. */
export interface Listening {
  /** Such as `http://127.0.0.1:9321`. */
  readonly url: string;
  readonly port: number;
  /** Listeners of one face each, by its name; those close with it. */
  readonly faces?: Readonly<Record<string, { url: string; port: number }>>;
  /** Takes no more connections; open requests get their grace, then are cut. */
  close(): Promise<void>;
}

/** Rejects with ERR_ERGATE_HTTP_LISTEN where it can't listen there. */
export async function listen(
  app: App,
  settings: HttpSettings,
  clock: Clock,
  path = "http",
): Promise<Listening> {
  const server = serverOf(app, settings);
  const { host, port } = settings;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `can't listen on ${host}:${port}: ${messageOf(cause)}`;
      reject(new ErgateError("ERR_ERGATE_HTTP_LISTEN", message, { path: `${path}.port`, cause }));
    });
    server.listen({ host, port }, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  const scheme = settings.tls === undefined ? "http" : "https";
  return {
    url: `${scheme}://${name}:${address.port}`,
    port: address.port,
    close: () => close(server, settings.closeMs, clock),
  };
}

/** A slow or idle client is cut: a request must have come whole in its time. */
function serverOf(app: App, { tls, requestMs, idleMs }: HttpSettings): HttpServer {
  const listener = getRequestListener(app.fetch);
  const options = {
    requestTimeout: requestMs,
    headersTimeout: requestMs,
    keepAliveTimeout: idleMs,
    maxHeaderSize: limits.httpHeaderBytes,
    connectionsCheckingInterval: Math.ceil(requestMs / 15),
  };
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createSecureServer({ ...options, ...tls, minVersion: "TLSv1.2" }, listener);
  server.maxConnections = limits.httpConnections;
  return server;
}

async function close(server: HttpServer, graceMs: number, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose request ends now is idle only then, and would be kept for the next one.
  let sweep = clock.after(0, function again() {
    server.closeIdleConnections();
    sweep = clock.after(limits.httpSweepMs, again);
  });
  const timer = clock.after(graceMs, () => server.closeAllConnections());
  await closed;
  sweep.cancel();
  timer.cancel();
}
