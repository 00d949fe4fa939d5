import type { HookOutcome } from "../protocol/hook.ts";

/** What this process did with events of hooks since it started. */
export interface HookCounts {
  readonly delivered: number;
  /** Attempts after which the event waits for another. */
  readonly failed: number;
  /** Events given up after an attempt. */
  readonly dead: number;
  /** Events whose address was switched off when it was their turn. */
  readonly buried: number;
}

export class HookCounter {
  #delivered = 0;
  #failed = 0;
  #dead = 0;
  #buried = 0;

  settled({ type }: HookOutcome): void {
    if (type === "delivered") this.#delivered++;
    else if (type === "failed") this.#failed++;
    else if (type === "dead" || type === "gone") this.#dead++;
  }

  buried(events: number): void {
    this.#buried += events;
  }

  view(): HookCounts {
    return {
      delivered: this.#delivered,
      failed: this.#failed,
      dead: this.#dead,
      buried: this.#buried,
    };
  }
}
