import type { Message } from "./message.ts";

/** An actor's address. It stays valid through restarts, and may be kept after the actor's end. */
export interface Ref<in M extends Message> {
  /** Names from the root, such as `root/work/dispatcher`. */
  readonly path: string;
  /**
   * Puts a message into the mailbox. False when it was refused: the mailbox is full and rejects, or
   * the actor is draining or has ended.
   */
  readonly tell: (message: M) => boolean;
}

/** The news that a watched actor ended for good. A restart is no end. */
export interface Down {
  readonly path: string;
  readonly reason: "stopped" | "failed";
  /** What was thrown, when it failed. */
  readonly error?: unknown;
}

/**
 * Why a message was not received to its end: `full` refused by a full mailbox, `dropped` gave way
 * to a newer one, `stopped` the actor was draining or ended, `poison` its receiver threw.
 */
export type Fate = "full" | "dropped" | "stopped" | "poison";
