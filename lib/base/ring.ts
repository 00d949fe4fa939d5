const firstSlots = 8;

/**
 * A first-in, first-out queue of at most `capacity` items. Its slots are a power of two and double
 * up to what the capacity needs, so an idle ring stays small; a shifted slot is cleared, so that
 * the ring keeps nothing alive.
 */
export class Ring<T> {
  readonly capacity: number;
  #slots: (T | undefined)[] = [];
  #mask = -1;
  #head = 0;
  #size = 0;

  /** `capacity` is `Infinity` where something else bounds what is pushed. */
  constructor(capacity: number) {
    if (!(capacity >= 1)) throw new RangeError(`a ring's capacity is ${capacity}: at least 1`);
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an item at the end. False, and nothing is added, when the ring is full. */
  push(item: T): boolean {
    if (this.#size >= this.capacity) return false;
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & this.#mask] = item;
    this.#size++;
    return true;
  }

  /** Takes the oldest item, or `undefined` when there is none. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#size--;
    return item;
  }

  /** Forgets everything, and gives the slots back. */
  clear(): void {
    this.#slots = [];
    this.#mask = -1;
    this.#head = 0;
    this.#size = 0;
  }

  #grow(): void {
    const before = this.#slots;
    const slots: (T | undefined)[] = new Array(Math.max(firstSlots, before.length * 2));
    slots.fill(undefined);
    for (let at = 0; at < this.#size; at++) slots[at] = before[(this.#head + at) & this.#mask];
    this.#slots = slots;
    this.#mask = slots.length - 1;
    this.#head = 0;
  }
}
