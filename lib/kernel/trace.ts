import type { Fate } from "./ref.ts";

/** Optional hooks into a system. Each costs one check when absent; a hook must not throw. */
export interface Trace {
  /** Before each message: per message, so for tests only. */
  received?(path: string, type: string): void;
  /** After each batch of `count` messages. */
  drained?(path: string, count: number): void;
  /** A message became a dead letter. May come in floods: limit what you log. */
  dead?(path: string, type: string, fate: Fate): void;
  /** An actor threw, in `setup`, `receive`, `flush`, `draining` or `stopping`. */
  crashed?(path: string, error: unknown): void;
  /** A restart begins, after a back-off of `delayMs`. */
  restarted?(path: string, restarts: number, delayMs: number): void;
  /** An actor ended for good. */
  ended?(path: string, reason: "stopped" | "failed"): void;
}

/**
 * `running`; `failed`: crashed, its parent decides next; `waiting`: for its restart, while the
 * mailbox fills; `draining`: refuses tells, receives what it has; `ended`: for good.
 */
export type ActorState = "running" | "failed" | "waiting" | "draining" | "ended";

/** One actor, as `System.actors()` shows it. */
export interface ActorView {
  readonly path: string;
  readonly state: ActorState;
  /** Messages waiting in the mailbox, and what it may hold. */
  readonly depth: number;
  readonly capacity: number;
  readonly restarts: number;
  /** Messages to it that became dead letters. */
  readonly dead: number;
}
