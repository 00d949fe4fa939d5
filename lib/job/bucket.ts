import type { Rate } from "./queue.ts";

/**
 * A rate's tokens in whole numbers: a token costs `perMs`, each millisecond gives `limit`, and the
 * bucket holds `limit · perMs`. So nothing is rounded, however often it is looked at.
 */
export interface Bucket {
  credit: number;
  /** When it held that. */
  at: number;
}

/** What a bucket holds at `now`; a new one is full. A clock that was put back gives nothing. */
export function filled(rate: Rate, bucket: Bucket | undefined, now: number): Bucket {
  const full = rate.limit * rate.perMs;
  if (bucket === undefined) return { credit: full, at: now };
  const gained = Math.max(0, now - bucket.at) * rate.limit;
  return { credit: Math.min(full, bucket.credit + gained), at: now };
}

/** Whole tokens. */
export function tokensOf(rate: Rate, { credit }: Bucket): number {
  return Math.floor(credit / rate.perMs);
}

/** When the next token is there, which may be now. */
export function nextTokenAt(rate: Rate, { credit, at }: Bucket): number {
  return at + Math.ceil(Math.max(0, rate.perMs - credit) / rate.limit);
}
