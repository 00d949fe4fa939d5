import { limits } from "../../base/limits.ts";
import type { BucketsView } from "../../metric/buckets.ts";
import { otherNames } from "../../metric/counter.ts";
import type { Observed } from "./figures.ts";

/** One metric with all its values, as Prometheus names it. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  values(observed: Observed): readonly Sample[];
}

export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of a histogram's parts. */
  readonly metricName?: string;
}

type Labels = Readonly<Record<string, string>>;

/** A metric of one number. */
export function single(
  family: Omit<Family, "values">,
  value: (observed: Observed) => number | undefined,
): Family {
  const values = (observed: Observed) => {
    const now = value(observed);
    return now === undefined ? [] : [{ value: now }];
  };
  return { ...family, values };
}

/**
 * A histogram's lines. `scale` makes its unit a base unit: 0.001 of milliseconds. Bounds are
 * written to 12 digits, so that no sum of powers of two shows.
 */
export function bucketSamples(name: string, view: BucketsView, scale: number, labels: Labels = {}) {
  const samples: Sample[] = view.bounds.map((bound, at) => {
    const le = String(Number((bound * scale).toPrecision(12)));
    const metricName = `${name}_bucket`;
    return { metricName, labels: { ...labels, le }, value: view.within[at] as number };
  });
  samples.push(
    { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: view.count },
    { metricName: `${name}_sum`, labels, value: view.sum * scale },
    { metricName: `${name}_count`, labels, value: view.count },
  );
  return samples;
}

/** Rows of a name each; those past the bound of names are together under one. */
export function byBoundedName<Row extends { readonly name: string }>(
  rows: readonly Row[],
): [name: string, rows: readonly Row[]][] {
  const own = rows.slice(0, limits.metricLabels);
  const rest = rows.slice(limits.metricLabels);
  const named = own.map((row): [string, readonly Row[]] => [row.name, [row]]);
  return rest.length === 0 ? named : [...named, [otherNames, rest]];
}
