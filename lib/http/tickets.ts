import type { Clock } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Right } from "../client/http-options.ts";

export interface Ticket {
  ticket: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/**
 * What stands in for a secret once: browsers' EventSource and WebSocket send no header, and a
 * secret in a URL would end up in logs. Kept in memory, by the one server that gave it.
 */
export class Tickets {
  readonly #clock: Clock;
  readonly #newToken: () => string;
  /** In the order of their ends. */
  readonly #open = new Map<string, { rights: Right; until: number }>();

  constructor(clock: Clock, newToken: () => string) {
    this.#clock = clock;
    this.#newToken = newToken;
  }

  /** Throws ERR_ERGATE_OVERLOADED while too many wait for their use. */
  issue(rights: Right): Ticket {
    this.#forgetLate();
    if (this.#open.size >= limits.httpTickets) {
      throw new ErgateError("ERR_ERGATE_OVERLOADED", "too many tickets wait for their use");
    }
    const ticket = this.#newToken();
    this.#open.set(ticket, { rights, until: this.#clock.monotonic() + limits.httpTicketMs });
    return { ticket, expiresAt: this.#clock.now() + limits.httpTicketMs };
  }

  /** The rights of who asked for it; null for one that is unknown, late, or used already. */
  redeem(ticket: string): Right | null {
    this.#forgetLate();
    const { rights = null } = this.#open.get(ticket) ?? {};
    this.#open.delete(ticket);
    return rights;
  }

  #forgetLate(): void {
    const now = this.#clock.monotonic();
    for (const [ticket, { until }] of this.#open) {
      if (until > now) return;
      this.#open.delete(ticket);
    }
  }
}

/** The ticket of a request that can have no header of its own; undefined where it has none. */
export function ticketOf({ method, url, headers }: Request): string | undefined {
  const streams = /\btext\/event-stream\b/i.test(headers.get("accept") ?? "");
  const upgrades = headers.get("upgrade")?.toLowerCase() === "websocket";
  if (method !== "GET" || !(streams || upgrades)) return undefined;
  return new URL(url).searchParams.get("ticket") ?? undefined;
}
