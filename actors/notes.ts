import type { Clock, Timer } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import type { RunNote } from "../lib/protocol/write.ts";
import type { Links } from "./links.ts";

interface Pending extends RunNote {
  /** When the store got the last one. */
  writtenMs: number;
  dirty: boolean;
}

/**
 * Check-ins and progress on their way to the store: at most one a second a run, the last one
 * always.
 */
export class Notes {
  readonly #clock: Clock;
  readonly #links: Links;
  readonly #runs = new Map<number, Pending>();
  #due: RunNote[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock, links: Links) {
    this.#clock = clock;
    this.#links = links;
  }

  note(
    seq: number,
    fence: number,
    progress: number | undefined,
    checkIn: string | undefined,
  ): void {
    const now = this.#clock.monotonic();
    let pending = this.#runs.get(seq);
    if (pending?.fence !== fence) {
      pending = {
        seq,
        fence,
        progress: undefined,
        checkIn: undefined,
        at: 0,
        writtenMs: -Infinity,
        dirty: false,
      };
      this.#runs.set(seq, pending);
    }
    pending.progress = progress ?? pending.progress;
    if (checkIn !== undefined) pending.at = this.#clock.now();
    pending.checkIn = checkIn ?? pending.checkIn;
    pending.dirty = true;
    if (now - pending.writtenMs >= limits.checkInMs) this.#write(pending, now);
    // A run that says nothing more for long still shows what it said last.
    else this.#timer ??= this.#clock.after(limits.checkInMs, () => this.#writeAll());
  }

  /** The run ends: what it said last goes before its end. */
  end(seq: number): void {
    const pending = this.#runs.get(seq);
    if (pending === undefined) return;
    this.#runs.delete(seq);
    if (pending.dirty) this.#write(pending, 0);
    this.flush();
    if (this.#runs.size === 0) this.#disarm();
  }

  flush(): void {
    if (this.#due.length === 0) return;
    if (this.#links.queue.tell({ type: "note", notes: this.#due })) this.#due = [];
  }

  /** One timer serves all runs: it may come too early for some, and goes on with the next. */
  #writeAll(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const pending of this.#runs.values()) {
      if (!pending.dirty) continue;
      const waitMs = pending.writtenMs + limits.checkInMs - now;
      if (waitMs <= 0) this.#write(pending, now);
      else nextMs = Math.min(nextMs, waitMs);
    }
    if (nextMs <= limits.checkInMs) this.#timer = this.#clock.after(nextMs, () => this.#writeAll());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #write(pending: Pending, now: number): void {
    const { seq, fence, progress, checkIn, at } = pending;
    this.#due.push({ seq, fence, progress, checkIn, at });
    pending.progress = undefined;
    pending.checkIn = undefined;
    pending.writtenMs = now;
    pending.dirty = false;
    this.flush();
  }
}
