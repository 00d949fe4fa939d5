import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { optionError } from "../job/fields.ts";
import { type Follow, newFollow } from "./follow.ts";
import type { SubscribeCall } from "./options.ts";

/** The subscriptions of this process, in the order of their coming. */
export class Follows {
  readonly #all = new Set<Follow>();
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
    this.#all.add(follow);
    return follow;
  }

  remove(follow: Follow): void {
    follow.ended = true;
    this.#all.delete(follow);
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
