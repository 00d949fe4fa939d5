import type { Clock, Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Outbox } from "./thread-outbox.ts";

/** Where one run stands, told to the host at most once a second, and the last value always. */
export class Note {
  readonly #outbox: Pick<Outbox, "post">;
  readonly #clock: Clock;
  readonly #key: number;
  readonly #fence: number;
  #progress: number | undefined;
  #checkIn: string | undefined;
  #postedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(outbox: Pick<Outbox, "post">, clock: Clock, key: number, fence: number) {
    this.#outbox = outbox;
    this.#clock = clock;
    this.#key = key;
    this.#fence = fence;
  }

  set(progress: number | undefined, checkIn: string | undefined): void {
    if (progress !== undefined) this.#progress = progress;
    if (checkIn !== undefined) this.#checkIn = checkIn.slice(0, limits.checkInChars);
    const waitMs = this.#postedAt + limits.checkInMs - this.#clock.monotonic();
    if (waitMs <= 0) this.post();
    else this.#timer ??= this.#clock.after(waitMs, () => this.post());
  }

  post(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#progress === undefined && this.#checkIn === undefined) return;
    this.#postedAt = this.#clock.monotonic();
    const notes = [this.#key, this.#fence, this.#progress, this.#checkIn];
    this.#progress = undefined;
    this.#checkIn = undefined;
    this.#outbox.post({ type: "notes", notes });
  }
}
