import type { Clock } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Right } from "../client/http-options.ts";
import type { Logger } from "../client/options.ts";
import { Secrets } from "./secrets.ts";
import type { HttpSettings } from "./settings.ts";
import { type Tickets, ticketOf } from "./tickets.ts";

interface LoginParts {
  readonly settings: HttpSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tickets: Tickets;
}

/** Who may do what, over all listeners of a server; those who fail are delayed and counted. */
export class Logins {
  readonly #parts: LoginParts;
  readonly #secrets: Secrets;
  #delayed = 0;
  #failed = 0;

  constructor(parts: LoginParts) {
    this.#parts = parts;
    this.#secrets = new Secrets(parts.settings.secrets);
  }

  /** Requests that named no known secret, or a ticket that is none. */
  get failed(): number {
    return this.#failed;
  }

  /** Rejects with ERR_ERGATE_HTTP_UNAUTHORIZED, later than it could; ERR_ERGATE_HTTP_LOGINS. */
  async rightsOf(request: Request, requestId: string): Promise<Right> {
    const granted = await this.#granted(request);
    if (granted !== null) return granted;
    this.#failed++;
    if (this.#delayed >= limits.httpLoginsDelayed) {
      throw new ErgateError("ERR_ERGATE_HTTP_LOGINS", "too many logins failed at once");
    }
    const { clock, logger } = this.#parts;
    this.#delayed++;
    await new Promise<void>((resolve) => clock.after(limits.httpLoginDelayMs, resolve));
    this.#delayed--;
    logger.warn({ failed: this.#failed, requestId }, "a request named no known secret");
    const message = "name a secret: Authorization: Bearer … or Harbor-Secret …";
    throw new ErgateError("ERR_ERGATE_HTTP_UNAUTHORIZED", message);
  }

  async #granted(request: Request): Promise<Right | null> {
    const { settings, tickets } = this.#parts;
    const ticket = ticketOf(request);
    if (ticket !== undefined) return tickets.redeem(ticket);
    if (settings.auth !== undefined) return settings.auth(request);
    if (this.#secrets.size === 0) return "admin";
    const header = request.headers.get("authorization") ?? undefined;
    return this.#secrets.rightsOf(header)?.rights ?? null;
  }
}
