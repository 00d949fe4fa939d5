import type { NewId } from "../lib/base/id.ts";
import { limits } from "../lib/base/limits.ts";
import type { Runtime } from "../lib/client/client.ts";
import type { Inside } from "../lib/http/inside.ts";
import type { HttpFace } from "../lib/http/serve.ts";
import type { Listening } from "../lib/http/server.ts";
import { parseHttp } from "../lib/http/settings.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { Reply } from "../lib/kernel/message.ts";
import type { Address, GatewayMessage } from "../lib/protocol/gateway.ts";
import type { Settings } from "./options.ts";

export interface GatewayParts {
  /** Of the runtime; loads what HTTP needs when it is first asked. */
  face(): Promise<HttpFace>;
  /** Outlives a crash of the actor. */
  server: { listening: Listening | undefined; wanted: boolean };
}

/** Holds the server that listens: the last to open, the first to close. */
export function gatewayActor(parts: GatewayParts): Actor<GatewayMessage> {
  return {
    mailbox: { capacity: limits.gatewayMailbox, overflow: "reject" },
    setup: (ctx) => new Gateway(parts, ctx),
  };
}

class Gateway {
  readonly #parts: GatewayParts;
  readonly #ctx: Context<GatewayMessage>;
  #opening: Reply<Address>[] = [];
  #closing: Reply<null>[] = [];

  constructor(parts: GatewayParts, ctx: Context<GatewayMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    if (parts.server.wanted && parts.server.listening === undefined) this.#open();
  }

  receive(message: GatewayMessage): void {
    switch (message.type) {
      case "open":
        this.#opening.push(message.reply);
        this.#parts.server.wanted = true;
        return this.#open();
      case "opened":
        return this.#opened();
      case "failed":
        for (const reply of this.#opening.splice(0)) this.#ctx.refuse(reply, message.error);
        this.#parts.server.wanted = false;
        return;
      case "close":
        this.#closing.push(message.reply);
        this.#parts.server.wanted = false;
        return this.#close();
      case "closed":
        for (const reply of this.#closing.splice(0)) this.#ctx.reply(reply, null);
        return;
      default:
        message satisfies never;
    }
  }

  #open(): void {
    const { server, face } = this.#parts;
    if (server.listening !== undefined) return this.#opened();
    const listen = async () => {
      const listening = await (await face()).listen();
      if (server.wanted) server.listening = listening;
      else await listening.close();
    };
    this.#ctx.pipe(
      listen(),
      (): GatewayMessage => ({ type: "opened" }),
      (error): GatewayMessage => ({ type: "failed", error: error as Error }),
    );
  }

  #opened(): void {
    const { listening } = this.#parts.server;
    if (listening === undefined) return;
    const { close: _close, ...address } = listening;
    for (const reply of this.#opening.splice(0)) this.#ctx.reply(reply, address);
  }

  #close(): void {
    const { server } = this.#parts;
    const { listening } = server;
    server.listening = undefined;
    this.#ctx.pipe(
      listening?.close() ?? Promise.resolve(),
      (): GatewayMessage => ({ type: "closed" }),
      (): GatewayMessage => ({ type: "closed" }),
    );
  }
}

export interface GatewayWiring {
  settings: Pick<Settings, "http" | "clock" | "logger">;
  newId: NewId;
  /** Undefined until the runtime is made: the app is made with the first request. */
  runtime(): Runtime;
  figures: Inside["figures"];
}

export function gatewayParts(wiring: GatewayWiring): GatewayParts {
  const { runtime, figures, newId } = wiring;
  const { http, clock, logger } = wiring.settings;
  let face: Promise<HttpFace> | undefined;
  const inside: Inside = { readiness: () => runtime().readiness(), figures };
  return {
    face() {
      face ??= import("../lib/http/serve.ts").then(({ createFace }) =>
        createFace({
          ...{ settings: http ?? parseHttp({}), clock, logger, newId, inside },
          client: runtime(),
        }),
      );
      return face;
    },
    server: { listening: undefined, wanted: false },
  };
}
