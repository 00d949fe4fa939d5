import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { optionError } from "../job/fields.ts";
import { type Follow, newFollow } from "./follow.ts";
import type { SubscribeCall } from "./options.ts";

/** The subscriptions of this process, in the order of their coming. */
export class Follows {
  readonly #all = new Set<Follow>();
  /** Unsubscribed in the middle of a call. */
  readonly #left = new Set<Follow>();
  #count = 0;

  /**
   * Throws ERR_ERGATE_OPTION where this process has one of its name for the event,
   * ERR_ERGATE_OVERLOADED where it has as many as it may have.
   */
  add(call: SubscribeCall): Follow {
    const { event, name } = call;
    if (name !== undefined && this.named(event, name) !== undefined) {
      throw optionError("options.name", `is taken: "${name}" is subscribed to "${event}" here`);
    }
    if (this.#all.size >= limits.busCallbacks) {
      const message = `${limits.busCallbacks} subscriptions are here already`;
      throw new ErgateError("ERR_ERGATE_OVERLOADED", message);
    }
    const follow = newFollow(call, ++this.#count);
    follow.running = this.#ending(event, name);
    this.#all.add(follow);
    return follow;
  }

  /** A call of it that is under way goes on: the next of its name waits for that. */
  remove(follow: Follow): void {
    follow.ended = true;
    this.#all.delete(follow);
    const { running } = follow;
    if (running === undefined || follow.name === undefined) return;
    this.#left.add(follow);
    running.finally(() => this.#left.delete(follow));
  }

  #ending(event: string, name: string | undefined): Promise<unknown> | undefined {
    const left = [...this.#left].filter((one) => one.event === event && one.name === name);
    const running = left.map((one) => one.running);
    return running.length > 0 ? Promise.all(running) : undefined;
  }

  all(): Follow[] {
    return [...this.#all];
  }

  /** Whether a callback is being called. */
  get delivers(): boolean {
    for (const { running } of this.#all) if (running !== undefined) return true;
    return false;
  }

  named(event: string, name: string): Follow | undefined {
    return this.all().find((follow) => follow.event === event && follow.name === name);
  }

  /** Whether a callback without a name waits for the event. */
  hears(event: string): boolean {
    for (const follow of this.#all) {
      if (follow.event === event && follow.name === undefined) return true;
    }
    return false;
  }

  /** The events that only this process knows to have callbacks. */
  heard(): string[] {
    const live = this.all().filter(({ name }) => name === undefined);
    return [...new Set(live.map(({ event }) => event))].sort();
  }
}
