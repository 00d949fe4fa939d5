/** One value's place in a heap, by which it can be removed. */
export interface HeapEntry<T> {
  readonly value: T;
  /** Where in the heap; -1 once it left. */
  at: number;
}

/** A min-heap whose entries can be removed: for timers and next wake-ups. O(log n) a change. */
export class Heap<T> {
  readonly #before: (one: T, other: T) => boolean;
  readonly #entries: HeapEntry<T>[] = [];

  /** `before(one, other)`: whether `one` leaves first. Break ties in it if their order matters. */
  constructor(before: (one: T, other: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#entries.length;
  }

  push(value: T): HeapEntry<T> {
    const entry = { value, at: this.#entries.length };
    this.#entries.push(entry);
    this.#rise(entry);
    return entry;
  }

  /** The least value, which stays. */
  peek(): T | undefined {
    return this.#entries[0]?.value;
  }

  /** Takes the least value. */
  pop(): T | undefined {
    const least = this.#entries[0];
    if (least === undefined) return undefined;
    this.remove(least);
    return least.value;
  }

  /** Takes one entry out. False when it had left already. */
  remove(entry: HeapEntry<T>): boolean {
    if (this.#entries[entry.at] !== entry) return false;
    const last = this.#entries.pop() as HeapEntry<T>;
    if (last !== entry) {
      this.#place(last, entry.at);
      this.#rise(last);
      this.#sink(last);
    }
    entry.at = -1;
    return true;
  }

  #place(entry: HeapEntry<T>, at: number): void {
    this.#entries[at] = entry;
    entry.at = at;
  }

  #rise(entry: HeapEntry<T>): void {
    while (entry.at > 0) {
      const parent = this.#entries[(entry.at - 1) >> 1] as HeapEntry<T>;
      if (!this.#before(entry.value, parent.value)) return;
      const at = parent.at;
      this.#place(parent, entry.at);
      this.#place(entry, at);
    }
  }

  #sink(entry: HeapEntry<T>): void {
    for (;;) {
      const child = this.#leastChild(entry.at);
      if (child === undefined || !this.#before(child.value, entry.value)) return;
      const at = child.at;
      this.#place(child, entry.at);
      this.#place(entry, at);
    }
  }

  #leastChild(at: number): HeapEntry<T> | undefined {
    const left = this.#entries[at * 2 + 1];
    const right = this.#entries[at * 2 + 2];
    if (left === undefined || right === undefined) return left;
    return this.#before(right.value, left.value) ? right : left;
  }
}
