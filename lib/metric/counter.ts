import { limits } from "../base/limits.ts";

/** What names past the bound are counted as. */
export const otherNames = "(other)";

/** Counts that only rise, by name and by one of a fixed set of labels. Adding makes no object. */
export class Counters<L extends string> {
  readonly labels: readonly L[];
  readonly #namesMax: number;
  readonly #index: ReadonlyMap<L, number>;
  readonly #rows = new Map<string, Float64Array>();

  constructor(labels: readonly L[], namesMax: number = limits.metricNames) {
    this.labels = labels;
    this.#namesMax = namesMax;
    this.#index = new Map(labels.map((label, at) => [label, at]));
  }

  add(name: string, label: L, by = 1): void {
    const row = this.#rows.get(name) ?? this.#newRow(name);
    const at = this.#index.get(label) as number;
    row[at] = (row[at] as number) + by;
  }

  get(name: string, label: L): number {
    return this.#rows.get(name)?.[this.#index.get(label) as number] ?? 0;
  }

  /** Over all names. */
  total(label: L): number {
    let sum = 0;
    for (const name of this.#rows.keys()) sum += this.get(name, label);
    return sum;
  }

  names(): IterableIterator<string> {
    return this.#rows.keys();
  }

  /** A name's counts, or with none given those of all names together. */
  counts(name?: string): Record<L, number> {
    const count = (label: L) => (name === undefined ? this.total(label) : this.get(name, label));
    return Object.fromEntries(this.labels.map((label) => [label, count(label)])) as Record<
      L,
      number
    >;
  }

  #newRow(name: string): Float64Array {
    if (this.#rows.size >= this.#namesMax && name !== otherNames) {
      return this.#rows.get(otherNames) ?? this.#newRow(otherNames);
    }
    const row = new Float64Array(this.labels.length);
    this.#rows.set(name, row);
    return row;
  }
}
