import { Ring } from "../base/ring.ts";
import type { Mailbox } from "./actor.ts";
import { refusalOf } from "./faults.ts";
import type { Host } from "./host.ts";
import type { Message, Reply } from "./message.ts";
import type { Fate } from "./ref.ts";

/** What the kernel owes an actor. It says at delivery whether it is still wanted. */
export type Owed = () => Message | undefined;

/**
 * What waits for one actor. Tells go into the bounded ring. What is owed (timers, piped results,
 * downs, children's crashes) has its own, served first and bounded by what the actor itself
 * started: a full mailbox can't lose a result.
 */
export class Inbox {
  readonly path: string;
  /** Messages that became dead letters here. */
  dead = 0;
  readonly #host: Host;
  readonly #overflow: Mailbox["overflow"];
  readonly #told: Ring<Message>;
  readonly #owed = new Ring<Owed>(Number.POSITIVE_INFINITY);

  constructor(host: Host, path: string, { capacity, overflow }: Mailbox) {
    this.path = path;
    this.#host = host;
    this.#overflow = overflow;
    this.#told = new Ring(capacity);
  }

  /** Messages told and not taken. */
  get depth(): number {
    return this.#told.size;
  }

  get capacity(): number {
    return this.#told.capacity;
  }

  get empty(): boolean {
    return this.#told.size === 0 && this.#owed.size === 0;
  }

  /** False when it is full and rejects. */
  tell(message: Message): boolean {
    if (this.#told.push(message)) return true;
    if (this.#overflow === "reject") return this.bury(message, "full");
    this.bury(this.#told.shift() as Message, "dropped");
    return this.#told.push(message);
  }

  owe(owed: Owed): void {
    this.#owed.push(owed);
  }

  take(): Message | undefined {
    while (this.#owed.size > 0) {
      const message = (this.#owed.shift() as Owed)();
      if (message !== undefined) return message;
    }
    return this.#told.shift();
  }

  /** What is owed belongs to one incarnation and goes with it; what was told stays. */
  forgetOwed(): void {
    this.#owed.clear();
  }

  buryAll(): void {
    for (let left = this.#told.shift(); left !== undefined; left = this.#told.shift()) {
      this.bury(left, "stopped");
    }
  }

  /** Counts a dead letter, and refuses the question in it. */
  bury(message: Message, fate: Fate, error?: unknown): false {
    this.dead++;
    const { dead, questions, trace } = this.#host;
    dead[fate]++;
    trace.dead?.(this.path, message.type, fate);
    const { reply } = message as { reply?: Reply<unknown> };
    if (reply !== undefined) questions.refuse(reply, refusalOf(this.path, message, fate, error));
    return false;
  }
}
