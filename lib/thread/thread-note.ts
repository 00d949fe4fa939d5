import { systemClock, type Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Outbox } from "./thread-outbox.ts";

/** Where one run stands, told to the host at most once a second, and the last value always. */
export class Note {
  readonly #outbox: Outbox;
  readonly #key: number;
  readonly #fence: number;
  #progress: number | undefined;
  #checkIn: string | undefined;
  #postedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(outbox: Outbox, key: number, fence: number) {
    this.#outbox = outbox;
    this.#key = key;
    this.#fence = fence;
  }

  set(progress: number | undefined, checkIn: string | undefined): void {
    if (progress !== undefined) this.#progress = progress;
    if (checkIn !== undefined) this.#checkIn = checkIn.slice(0, limits.checkInChars);
    const waitMs = this.#postedAt + limits.checkInMs - systemClock.monotonic();
    if (waitMs <= 0) this.post();
    else this.#timer ??= systemClock.after(waitMs, () => this.post());
  }

  post(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#progress === undefined && this.#checkIn === undefined) return;
    this.#postedAt = systemClock.monotonic();
    const notes = [this.#key, this.#fence, this.#progress, this.#checkIn];
    this.#progress = undefined;
    this.#checkIn = undefined;
    this.#outbox.post({ type: "notes", notes });
  }
}
