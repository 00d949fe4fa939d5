import type { Row } from "./row.ts";

/** A place in the order of finishing. */
export interface FinishedAt {
  finishedAt: number;
  seq: number;
}

/** Final rows by (finishedAt, seq). A sorted array: nearly every row comes in at its end. */
export class Finals {
  readonly #rows: Row[] = [];

  get size(): number {
    return this.#rows.length;
  }

  add(row: Row): void {
    this.#rows.splice(this.#after(placeOf(row)), 0, row);
  }

  remove(row: Row): void {
    this.#rows.splice(this.#after(placeOf(row)) - 1, 1);
  }

  oldest(): Row | undefined {
    return this.#rows[0];
  }

  newest(): Row | undefined {
    return this.#rows.at(-1);
  }

  /** At most `limit` rows that finished behind `place`. */
  behind(place: FinishedAt, limit: number): Row[] {
    const start = this.#after(place);
    return this.#rows.slice(start, start + limit);
  }

  /** The index behind all rows at or before `place`. */
  #after(place: FinishedAt): number {
    const last = this.#rows.at(-1);
    if (last === undefined || compare(placeOf(last), place) <= 0) return this.#rows.length;
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(placeOf(this.#rows[middle] as Row), place) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Negative where `one` finished before `other`. */
export function compare(one: FinishedAt, other: FinishedAt): number {
  return one.finishedAt - other.finishedAt || one.seq - other.seq;
}

export function placeOf(row: Row): FinishedAt {
  return { finishedAt: row.finishedAt ?? 0, seq: row.seq };
}
