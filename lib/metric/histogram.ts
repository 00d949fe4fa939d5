import type { BucketsView } from "./buckets.ts";

/** Buckets a power of two: a quantile is off by at most 4.5 %, half a bucket. */
const bucketsOctave = 8;
/** The first bucket ends at a microsecond, the last begins at 2^40 µs (12.7 days). */
const firstMs = 0.001;
const octaves = 40;
const bucketCount = bucketsOctave * octaves + 2;

/** Every fourth power of two microseconds from 1.02 ms to 1.2 h: bounds of its own buckets. */
const edgeOctaves = Array.from({ length: 12 }, (_, at) => 10 + 2 * at);
const edgesMs = edgeOctaves.map((octave) => firstMs * 2 ** octave);

/** What a histogram has seen, in milliseconds; all 0 where it has seen nothing. */
export interface HistogramView {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/**
 * How often which duration was met, in fixed logarithmic buckets: 2.6 KB, and recording makes no
 * object.
 */
export class Histogram {
  readonly #buckets = new Float64Array(bucketCount);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /**
   * Takes a duration in milliseconds; a negative one, of a clock that was set back, counts as 0.
   */
  record(ms: number): void {
    const value = Math.max(0, ms || 0);
    const at = bucketOf(value);
    this.#buckets[at] = (this.#buckets[at] as number) + 1;
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** Adds what another has seen. */
  merge(other: Histogram): void {
    for (let at = 0; at < bucketCount; at++) {
      this.#buckets[at] = (this.#buckets[at] as number) + (other.#buckets[at] as number);
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /** The duration that a share `p` (0 to 1) stays within, to 4.5 %; 0 where nothing was seen. */
  quantile(p: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(p * this.#count));
    let seen = 0;
    for (let at = 0; at < bucketCount; at++) {
      seen += this.#buckets[at] as number;
      if (seen >= rank) return Math.min(this.#max, Math.max(this.#min, middleOf(at)));
    }
    return this.#max;
  }

  /** Counts by a few of its own bounds, so that they are exact: for systems that add them up. */
  buckets(): BucketsView {
    let seen = 0;
    let next = 0;
    const within = edgeOctaves.map((octave) => {
      for (; next <= octave * bucketsOctave; next++) seen += this.#buckets[next] as number;
      return seen;
    });
    return { bounds: edgesMs, within, count: this.#count, sum: this.#sum };
  }

  view(): HistogramView {
    return Object.freeze({
      count: this.#count,
      sum: this.#sum,
      min: this.#count === 0 ? 0 : this.#min,
      max: this.#max,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
    });
  }
}

/** 0 up to a microsecond; else the bucket that ends at or just above. */
function bucketOf(ms: number): number {
  if (ms <= firstMs) return 0;
  const at = Math.ceil(Math.log2(ms / firstMs) * bucketsOctave);
  return at < bucketCount ? at : bucketCount - 1;
}

function middleOf(bucket: number): number {
  return firstMs * 2 ** ((bucket - 0.5) / bucketsOctave);
}
