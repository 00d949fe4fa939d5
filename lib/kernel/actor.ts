import type { Message, Reply } from "./message.ts";
import type { Down, Ref } from "./ref.ts";

/**
 * One kind of actor, as data: how much it may have waiting, how its children live, what it does.
 */
export interface Actor<M extends Message> {
  readonly mailbox: Mailbox;
  /** How crashed children are restarted. Default: `one_for_one`, 3 restarts in 5 s, at once. */
  readonly children?: Supervision;
  /**
   * Runs at the start and again on every restart: a fresh closure is a fresh state. A throw is a
   * crash.
   */
  setup(ctx: Context<M>): Behavior<M>;
}

export interface Mailbox {
  readonly capacity: number;
  /** `reject`: `tell` returns false when full. `dropOldest`: the oldest message gives way. */
  readonly overflow: "reject" | "dropOldest";
  /** Messages a turn, before `flush`. Default 64. */
  readonly batch?: number;
}

export interface Supervision {
  /** Whom a crash restarts: the crashed child, it and those started after it, or all. */
  readonly strategy: "one_for_one" | "rest_for_one" | "one_for_all";
  /** Restarts within `withinMs`; with one more the parent gives up, which is its own crash. */
  readonly restarts: number;
  readonly withinMs: number;
  /** Wait before a restart, doubled by each restart within the window. Default 0. */
  readonly backoffMs?: number;
}

/**
 * When a child is started again: `permanent` always, also after `ctx.stop()`; `transient` after a
 * crash; `temporary` never.
 */
export type Restart = "permanent" | "transient" | "temporary";

export interface Behavior<M extends Message> {
  /** Takes one message, synchronously. A throw, or a returned promise, is a crash. */
  receive(message: M): void;
  /** Runs once after each batch: commit, post, publish here. */
  flush?(): void;
  /**
   * Asked to end. Comes once, after the mailbox was received to its end; new tells are refused, but
   * timers, piped results and downs still arrive. Call `done` when nothing is left under way.
   * Without it the actor ends when its mailbox is empty and its pipes have delivered.
   */
  draining?(done: () => void): void;
  /** Runs before a restart and before the end, after the children's. */
  stopping?(): void;
}

/** What an actor can do. It belongs to one incarnation: after a crash the old one does nothing. */
export interface Context<M extends Message> {
  readonly self: Ref<M>;
  /** The wall clock, milliseconds since the epoch. */
  now(): number;
  /**
   * Starts a child: its `setup` runs before this returns. Names are unique among living siblings.
   */
  spawn<C extends Message>(name: string, actor: Actor<C>, restart?: Restart): Ref<C>;
  /**
   * Tells of the target's end, at once if it has ended. A second watch of it replaces the first.
   */
  watch(target: Ref<never>, toMessage: (down: Down) => M): void;
  /** Brings a promise's result back as a message. Nothing arrives after a crash or the end. */
  pipe<T>(work: PromiseLike<T>, ok: (value: T) => M, failed: (error: unknown) => M): void;
  /**
   * Delivers a message after `ms`. The same key replaces, also what fired and was not yet received.
   * `idle` as in Clock.
   */
  after(key: string, ms: number, message: M, idle?: boolean): void;
  cancel(key: string): void;
  /** Answers a question. Dropped if it was answered, refused or timed out before. */
  reply<R>(to: Reply<R>, value: NoInfer<R>): void;
  /** Answers a question with an error: the asker's promise rejects. */
  refuse(to: Reply<unknown>, error: Error): void;
  /**
   * Ends this actor after the current message and a last `flush`; what waits becomes dead letters.
   */
  stop(): void;
}
