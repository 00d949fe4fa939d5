import type { Duration } from "../base/duration.ts";

/** What a caller may do: each right holds those before it. */
export type Right = "read" | "operate" | "admin";

export interface HttpOptions {
  /**
   * Default true. False: it only answers `runtime.fetch`, in a server of yours. Nobody knows who
   * reaches that one, so that a secret or `auth` is needed.
   */
  listen?: boolean;
  /** 0: any free one. Default 9321. */
  port?: number;
  /** The address to listen on. Any but loopback needs a secret, or `auth`. Default 127.0.0.1. */
  host?: string;
  /** One secret with all rights. Where one is set, loopback needs it too. */
  secret?: string;
  /** Several, each with a name and rights. */
  secrets?: readonly SecretOptions[];
  /** In place of secrets: what a request may do, or null. */
  auth?: (request: Request) => Right | null | Promise<Right | null>;
  /** PEM texts of the certificate chain and its key; TLS 1.2 and later. */
  tls?: { cert: string; key: string };
  /** Names besides loopback ones that a request's `Host` may have. */
  hosts?: readonly string[];
  /**
   * Whether commands may be made and changed without a secret with `admin`: by who may operate, and
   * where no secret is set by all programs of this machine. Default false.
   */
  allowCommands?: boolean;
  /**
   * gocraft/work's and go-crontab's paths at the root of a listener each, besides /compat/gocraft
   * and /compat/crontab; with the same secrets, certificate and hosts.
   */
  faces?: { gocraft?: FaceOptions; crontab?: FaceOptions };
  /** A request's headers, and then its body, must have come within it. Default 15 s. */
  requestTimeout?: Duration;
  /** A connection between two requests is kept so long. Default 60 s. */
  idleTimeout?: Duration;
  /** For requests under way when the server closes. Default 2 s. */
  closeGrace?: Duration;
}

/** Pages that were made for other servers call paths from the root: each gets a listener. */
export interface FaceOptions {
  /** 0: any free one. */
  port: number;
  /** Default: the server's. */
  host?: string;
}

export interface SecretOptions {
  /** For the log. */
  name: string;
  secret: string;
  rights: Right;
}
