import type { Reply } from "../kernel/message.ts";

/** Where a server listens. */
export interface Address {
  /** Such as `http://127.0.0.1:9321`. */
  url: string;
  port: number;
  /** Listeners of one face each, by its name. */
  faces?: Readonly<Record<string, { url: string; port: number }>>;
}

/** What the gateway accepts: it holds the listening HTTP server. */
export type GatewayMessage =
  | { type: "open"; reply: Reply<Address> }
  | { type: "opened" }
  | { type: "failed"; error: Error }
  | { type: "close"; reply: Reply<null> }
  | { type: "closed" };
