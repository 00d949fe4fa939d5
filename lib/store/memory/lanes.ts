import { Heap } from "../../base/heap.ts";
import { claimedBefore, type Row } from "./row.ts";

/** The available rows by name and queue, each lane in claim order. An empty lane is dropped. */
export class Lanes {
  readonly #byName = new Map<string, Map<string, Heap<Row>>>();

  add(row: Row): void {
    const queues = this.#byName.get(row.name) ?? new Map<string, Heap<Row>>();
    this.#byName.set(row.name, queues);
    const lane = queues.get(row.queue) ?? new Heap(claimedBefore);
    queues.set(row.queue, lane);
    row.entry = lane.push(row);
  }

  remove(row: Row): void {
    const queues = this.#byName.get(row.name);
    const lane = queues?.get(row.queue);
    if (queues === undefined || lane === undefined || row.entry === undefined) return;
    lane.remove(row.entry);
    row.entry = undefined;
    if (lane.size === 0) queues.delete(row.queue);
    if (queues.size === 0) this.#byName.delete(row.name);
  }

  /** The lanes of the names; none is empty. */
  of(names: Iterable<string>): Lane[] {
    const found: Lane[] = [];
    for (const name of new Set(names)) {
      for (const [queue, rows] of this.#byName.get(name) ?? []) {
        found.push({ queue, name, rows, has: rows.size });
      }
    }
    return found;
  }
}

/** One job name in one queue. */
export interface Lane {
  readonly queue: string;
  readonly name: string;
  readonly rows: Heap<Row>;
  readonly has: number;
}

/** The row to claim first of several lanes. */
export function firstOf(lanes: Iterable<Heap<Row>>): Row | undefined {
  let first: Row | undefined;
  for (const lane of lanes) {
    const row = lane.peek();
    if (row !== undefined && (first === undefined || claimedBefore(row, first))) first = row;
  }
  return first;
}
