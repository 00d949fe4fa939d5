/** How many of the values seen stayed within each of some rising bounds. */
export interface BucketsView {
  readonly bounds: readonly number[];
  /** By bound, each with those below it; `count` has the ones past the last bound, too. */
  readonly within: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Counts values by fixed bounds: few of them, where a Histogram would hold too much. */
export class Buckets {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #count = 0;
  #sum = 0;

  /** `bounds` rise; each counts what is equal to it. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length);
  }

  record(value: number): void {
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#count++;
    this.#sum += value;
  }

  view(): BucketsView {
    let seen = 0;
    const within = Array.from(this.#counts, (count) => {
      seen += count;
      return seen;
    });
    return { bounds: this.#bounds, within, count: this.#count, sum: this.#sum };
  }
}
