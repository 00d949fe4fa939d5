import { Heap, type HeapEntry } from "../../base/heap.ts";
import type { ScheduleRow } from "../../protocol/schedule.ts";

interface Planned {
  readonly at: number;
  readonly row: ScheduleRow;
}

/** The schedules of one namespace, by name and by when they are due. */
export class ScheduleTable {
  readonly #rows = new Map<string, ScheduleRow>();
  readonly #planned = new Heap<Planned>((one, other) => one.at < other.at);
  readonly #entries = new Map<string, HeapEntry<Planned>>();

  get(name: string): ScheduleRow | undefined {
    return this.#rows.get(name);
  }

  set(row: ScheduleRow): void {
    this.delete(row.name);
    this.#rows.set(row.name, row);
    if (row.nextAt === undefined) return;
    this.#entries.set(row.name, this.#planned.push({ at: row.nextAt, row }));
  }

  delete(name: string): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) this.#planned.remove(entry);
    this.#entries.delete(name);
    this.#rows.delete(name);
  }

  /** Forgets what hands made and what ended before then. */
  prune(before: number, limit: number): number {
    let pruned = 0;
    for (const { name, spec, declared, nextAt } of this.#rows.values()) {
      if (pruned >= limit || nextAt !== undefined || declared !== undefined) continue;
      const { end }: { end?: unknown } = JSON.parse(spec);
      if (typeof end !== "number" || end > before) continue;
      this.delete(name);
      pruned++;
    }
    return pruned;
  }

  /** Sorted. */
  names(): string[] {
    return [...this.#rows.keys()].sort();
  }

  /** What is due by `now`, the most overdue first, and when more is. */
  due(now: number, limit: number): { rows: ScheduleRow[]; nextAt: number | undefined } {
    const taken: Planned[] = [];
    let next = this.#planned.peek();
    while (next !== undefined && next.at <= now && taken.length < limit) {
      taken.push(next);
      this.#planned.pop();
      next = this.#planned.peek();
    }
    for (const planned of taken) {
      this.#entries.set(planned.row.name, this.#planned.push(planned));
    }
    return { rows: taken.map(({ row }) => row), nextAt: next?.at };
  }
}
