/** The arithmetic of measurements: what many samples say in one number. */

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** Linear between neighbours, so that the median of an even count is their mean. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function spreadOf(samples: readonly number[]): Spread {
  return { min: Math.min(...samples), max: Math.max(...samples) };
}

export interface Spread {
  min: number;
  max: number;
}

/** Three significant digits: what follows is noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
