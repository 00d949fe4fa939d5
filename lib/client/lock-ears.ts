import type { Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { LocalParts } from "./parts.ts";

/** Hears, while somebody waits for a lock here, that other processes may have freed one. */
export class LockEars {
  readonly #parts: Pick<LocalParts, "clock" | "bell">;
  readonly #heard: () => void;
  /** While it listens: the end of that. */
  #deafen: (() => void) | undefined;
  /** For a while after a look; `#rung`: the bell rang meanwhile. */
  #rests: Timer | undefined;
  #rung = false;

  constructor(parts: Pick<LocalParts, "clock" | "bell">, heard: () => void) {
    this.#parts = parts;
    this.#heard = heard;
  }

  /** Whether that is new: what was freed before was not heard. */
  open(): boolean {
    if (this.#deafen !== undefined) return false;
    const { bell, clock } = this.#parts;
    const unbell = bell(() => this.#ring());
    // Behind the bell, which some file systems don't ring.
    const tick = () => {
      timer = clock.after(limits.pollMs, tick, true);
      this.#ring();
    };
    let timer = clock.after(limits.pollMs, tick, true);
    this.#deafen = () => {
      unbell();
      timer.cancel();
    };
    return true;
  }

  close(): void {
    this.#deafen?.();
    this.#deafen = undefined;
    this.#rests?.cancel();
    this.#rests = undefined;
    this.#rung = false;
  }

  /** At once, and then not again for a while: the bell rings at every commit of others. */
  #ring(): void {
    this.#rung = true;
    if (this.#rests === undefined) this.#look();
  }

  #look(): void {
    this.#rests = undefined;
    if (!this.#rung) return;
    this.#rung = false;
    this.#rests = this.#parts.clock.after(limits.lockLookMs, () => this.#look());
    this.#heard();
  }
}
