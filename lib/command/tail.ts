/** The last `capacity` bytes of what passes. One copy a chunk, whatever its lines. */
export class Tail {
  readonly #capacity: number;
  #bytes = Buffer.alloc(0);
  #at = 0;
  #size = 0;
  #truncated = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether anything has been pushed out. */
  get truncated(): boolean {
    return this.#truncated;
  }

  push(chunk: Buffer, from: number, to: number): void {
    if (to - from > this.#capacity) {
      this.#truncated = true;
      from = to - this.#capacity;
    }
    this.#grow(this.#size + to - from);
    const capacity = this.#bytes.length;
    const first = Math.min(to - from, capacity - this.#at);
    chunk.copy(this.#bytes, this.#at, from, from + first);
    chunk.copy(this.#bytes, 0, from + first, to);
    this.#at = (this.#at + to - from) % Math.max(1, capacity);
    if (this.#size + to - from > capacity) this.#truncated = true;
    this.#size = Math.min(capacity, this.#size + to - from);
  }

  /** As text: a character that was cut in two at the front is left out. */
  text(): string {
    const start = this.#truncated ? this.#at : 0;
    const bytes = Buffer.concat([this.#bytes.subarray(start), this.#bytes.subarray(0, start)]);
    return bytes.toString("utf8", this.#truncated ? continued(bytes) : 0, this.#size);
  }

  /** Small outputs are the rule: the whole capacity is taken when it is needed. */
  #grow(size: number): void {
    if (size <= this.#bytes.length || this.#bytes.length === this.#capacity) return;
    const grown = Buffer.alloc(Math.min(this.#capacity, Math.max(1024, size * 2)));
    this.#bytes.copy(grown, 0, 0, this.#size);
    this.#at = this.#size;
    this.#bytes = grown;
  }
}

/** Bytes at the front that continue a character whose start is gone. */
function continued(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
  return at;
}
