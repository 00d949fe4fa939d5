import { assert } from "../base/assert.ts";
import type { Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Actor, Behavior, Restart } from "./actor.ts";
import { createContext } from "./context.ts";
import { failedBy, mustBeSync, stopped } from "./faults.ts";
import type { Host } from "./host.ts";
import { Inbox, type Owed } from "./inbox.ts";
import type { Message, Reply } from "./message.ts";
import type { Down, Ref } from "./ref.ts";
import { Siblings } from "./siblings.ts";
import type { ActorState, ActorView } from "./trace.ts";
import { Watches } from "./watches.ts";

/**
 * One actor: its two rings, and the life of its incarnations. `running` → `failed` when it throws
 * → `waiting` once its parent decided to restart it → `running`; `running` → `draining` when the
 * system closes; each → `ended`.
 */
export class Cell {
  readonly ref: Ref<Message>;
  readonly path: string;
  readonly name: string;
  readonly restart: Restart;
  readonly parent: Cell | undefined;
  readonly host: Host;
  readonly children: Siblings;
  readonly timers = new Map<string, Timer>();
  readonly watches = new Watches(this);
  state: ActorState = "waiting";
  /** Counts the crashes and restarts: what an older one left behind is told apart by it. */
  incarnation = 0;
  /** Results on the way to this incarnation. */
  pipes = 0;
  /** Questions that this incarnation took and did not answer. */
  taken = 0;
  /** Waits in the system's run queue. */
  queued = false;
  readonly #actor: Actor<Message>;
  readonly #inbox: Inbox;
  #restarts = 0;
  #behavior: Behavior<Message> | undefined;
  #current: Message | undefined;
  #stopping = false;
  #asked = false;
  #onEnd: (() => void) | undefined;

  constructor(
    host: Host,
    parent: Cell | undefined,
    name: string,
    actor: Actor<Message>,
    restart: Restart,
  ) {
    this.host = host;
    this.parent = parent;
    this.name = name;
    this.restart = restart;
    this.children = new Siblings(this, actor.children);
    this.#actor = actor;
    this.path = parent === undefined ? name : `${parent.path}/${name}`;
    this.#inbox = new Inbox(host, this.path, actor.mailbox);
    this.ref = { path: this.path, tell: (message) => this.tell(message) };
  }

  view(): ActorView {
    const { capacity, dead, depth } = this.#inbox;
    const { path, state } = this;
    return { path, state, depth, capacity, restarts: this.#restarts, dead };
  }

  tell(message: Message): boolean {
    if (this.state === "draining" || this.state === "ended") {
      return this.#inbox.bury(message, "stopped");
    }
    if (!this.#inbox.tell(message)) return false;
    this.#schedule();
    return true;
  }

  /** Delivers before the mailbox, whatever its depth; nothing once that incarnation is gone. */
  owe(incarnation: number, owed: Owed): void {
    if (incarnation !== this.incarnation) return;
    this.#inbox.owe(owed);
    this.#schedule();
  }

  /** Begins an incarnation. False when its `setup` threw. */
  start(): boolean {
    this.state = "running";
    try {
      this.#behavior = this.#actor.setup(createContext(this));
    } catch (error) {
      this.crash(error);
      return false;
    }
    this.#schedule();
    return true;
  }

  /** One batch: what is owed, then the mailbox, then `flush`. */
  run(): void {
    this.queued = false;
    if (this.state !== "running" && this.state !== "draining") return;
    try {
      const count = this.#receiveBatch();
      if (count > 0) {
        mustBeSync(this.#behavior?.flush?.(), "flush");
        this.host.trace.drained?.(this.path, count);
      }
      this.#afterBatch();
    } catch (error) {
      this.crash(error);
    }
  }

  /** Throws away this incarnation, and asks the parent what comes next. */
  crash(error: unknown): void {
    const { host } = this;
    const poison = this.#current;
    this.#current = undefined;
    host.trace.crashed?.(this.path, error);
    if (poison !== undefined) this.#inbox.bury(poison, "poison", error);
    this.halt(() => failedBy(this.path, error));
    const ends = this.parent === undefined || this.restart === "temporary";
    if (ends) this.end("failed", error);
    else this.#fail(error);
  }

  /** Ends this incarnation, its children first; mailbox and ref stay for the next one. */
  halt(refusal: () => Error): void {
    this.incarnation++;
    this.state = "waiting";
    this.children.end();
    try {
      this.#behavior?.stopping?.();
    } catch (error) {
      this.host.trace.crashed?.(this.path, error);
    }
    this.#behavior = undefined;
    this.#stopping = false;
    this.pipes = 0;
    this.#inbox.forgetOwed();
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
    this.watches.forget();
    this.host.questions.refuseTaken(this, refusal);
  }

  /** Counts a restart, as its back-off begins. */
  restarting(delayMs: number): void {
    this.#restarts++;
    this.host.trace.restarted?.(this.path, this.#restarts, delayMs);
  }

  /** The next turn flushes and ends it; with a parent that wants it permanent, restarts it. */
  stop(): void {
    this.#stopping = true;
    this.#schedule();
  }

  /** Refuses new tells, receives what is there, then ends and calls `onEnd`. */
  drain(onEnd: () => void): void {
    assert(this.state === "running", `${this.path} is ${this.state}: it has nothing to drain`);
    this.#onEnd = onEnd;
    this.state = "draining";
    this.#schedule();
  }

  end(reason: Down["reason"], error?: unknown): void {
    if (this.state === "ended") return;
    this.halt(() => stopped(this.path));
    this.state = "ended";
    this.parent?.children.remove(this);
    this.#inbox.buryAll();
    const down: Down = { path: this.path, reason, ...(reason === "failed" && { error }) };
    this.host.trace.ended?.(this.path, reason);
    this.watches.announce(down);
    this.host.ended(this, down);
    this.#onEnd?.();
  }

  #schedule(): void {
    if (this.queued || (this.state !== "running" && this.state !== "draining")) return;
    this.queued = true;
    this.host.schedule(this);
  }

  #receiveBatch(): number {
    const most = this.#actor.mailbox.batch ?? limits.kernelBatch;
    let count = 0;
    while (count < most && !this.#stopping) {
      const message = this.#inbox.take();
      if (message === undefined) break;
      count++;
      this.#current = message;
      this.#receive(message);
      this.#current = undefined;
    }
    return count;
  }

  #receive(message: Message): void {
    const { questions, trace } = this.host;
    trace.received?.(this.path, message.type);
    if (questions.size > 0) {
      const { reply } = message as { reply?: Reply<unknown> };
      if (reply !== undefined) questions.take(reply, this);
    }
    const returned: unknown = this.#behavior?.receive(message);
    if (returned !== undefined) mustBeSync(returned, "receive");
  }

  #afterBatch(): void {
    if (this.#stopping) this.#stopped();
    else if (!this.#inbox.empty) this.#schedule();
    else if (this.state === "draining") this.#drained();
  }

  #stopped(): void {
    const returns = this.restart === "permanent" && this.parent !== undefined;
    if (!returns || this.host.closing) {
      this.end("stopped");
    } else {
      this.halt(() => stopped(this.path));
      this.#fail(stopped(this.path));
    }
  }

  #drained(): void {
    const { draining } = this.#behavior ?? {};
    if (draining === undefined) {
      if (this.pipes === 0) this.end("stopped");
    } else if (!this.#asked) {
      this.#asked = true;
      const done = () => this.stop();
      mustBeSync(draining.call(this.#behavior, done), "draining");
    }
  }

  #fail(error: unknown): void {
    this.state = "failed";
    const parent = this.parent as Cell;
    parent.owe(parent.incarnation, () => {
      parent.children.failed(this, error);
      return undefined;
    });
  }
}
