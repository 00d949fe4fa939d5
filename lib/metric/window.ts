/** The longest window; one slot more is the second that is still filling. */
const windowSecondsMax = 60;
const slots = windowSecondsMax + 1;

/**
 * Events a second over the last whole seconds. Time comes in as milliseconds that don't go back (a
 * monotonic clock); an earlier one counts as the latest seen.
 */
export class RateWindow {
  readonly #counts = new Float64Array(slots);
  /** The second that is filling; before the first call none. */
  #second = Number.NEGATIVE_INFINITY;

  add(nowMs: number, by = 1): void {
    this.#advance(nowMs);
    const at = slotOf(this.#second);
    this.#counts[at] = (this.#counts[at] as number) + by;
  }

  /** Events a second over the last `seconds` (1 to 60) whole seconds before `nowMs`. */
  rate(nowMs: number, seconds: number): number {
    this.#advance(nowMs);
    let sum = 0;
    for (let back = 1; back <= seconds; back++) {
      sum += this.#counts[slotOf(this.#second - back)] as number;
    }
    return sum / seconds;
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second <= this.#second) return;
    const passed = Math.min(slots, second - this.#second);
    for (let ahead = 0; ahead < passed; ahead++) this.#counts[slotOf(second - ahead)] = 0;
    this.#second = second;
  }
}

/** A clock may start anywhere, also below zero. */
function slotOf(second: number): number {
  return ((second % slots) + slots) % slots;
}
