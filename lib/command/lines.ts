import { cutBytes, cutLine } from "../base/cut.ts";
import type { Tail } from "./tail.ts";

const newline = 10;
const carriageReturn = 13;

/**
 * Makes lines of a stream's chunks: a batch a chunk, decoded at once, so that a character that two
 * chunks share is whole. A carriage return paints over what stands before it, as on a terminal: of
 * a progress bar its last state is a line. Longer lines than `lineBytes` are cut with a marker, and
 * no more of them is kept. Invalid UTF-8 becomes U+FFFD; a NUL stays. The bytes themselves go on to
 * the tail, line by line, so that two streams don't meet within one.
 */
export class LineSplitter {
  readonly #lineBytes: number;
  readonly #tail: Tail;
  /** The beginning of a line whose end has not come. */
  #carry = Buffer.alloc(0);
  #carried = 0;
  /** Of the same line, bytes that had no room. */
  #beyond = 0;

  constructor(lineBytes: number, tail: Tail) {
    this.#lineBytes = lineBytes;
    this.#tail = tail;
  }

  /** The lines that these bytes end; they may be overwritten afterwards. */
  push(chunk: Buffer, length: number): string[] {
    if (length === 0) return [];
    const last = chunk.lastIndexOf(newline, length - 1);
    if (last < 0) {
      this.#keep(chunk, 0, length);
      return [];
    }
    const lines: string[] = [];
    let start = 0;
    if (this.#carried > 0) {
      start = chunk.indexOf(newline) + 1;
      this.#keep(chunk, 0, start - 1);
      lines.push(this.#take());
      this.#tail.push(chunk, start - 1, start);
    }
    if (start <= last) {
      this.#tail.push(chunk, start, last + 1);
      this.#whole(chunk.toString("utf8", start, last), lines);
    }
    this.#keep(chunk, last + 1, length);
    return lines;
  }

  /** The last line, where the stream ended without a line end. */
  end(): string[] {
    return this.#carried === 0 ? [] : [this.#take()];
  }

  #whole(text: string, lines: string[]): void {
    const repaints = text.includes("\r");
    for (const line of text.split("\n")) {
      // UTF-8 takes at most three bytes a unit: only a line near the limit is measured.
      const isShort = line.length * 3 <= this.#lineBytes;
      if (isShort && !repaints) lines.push(line);
      else lines.push(cutLine(painted(line), this.#lineBytes));
    }
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    if (from === to) return;
    if (this.#carry[this.#carried - 1] === carriageReturn) this.#drop();
    const paint = to - from < 2 ? -1 : chunk.lastIndexOf(carriageReturn, to - 2);
    if (paint >= from) {
      this.#drop();
      this.#tail.push(chunk, from, paint + 1);
      from = paint + 1;
    }
    const room = Math.min(to - from, this.#lineBytes - this.#carried);
    this.#grow(this.#carried + room);
    chunk.copy(this.#carry, this.#carried, from, from + room);
    this.#carried += room;
    if (from + room < to) this.#overflow(chunk, from + room, to);
  }

  #overflow(chunk: Buffer, from: number, to: number): void {
    if (this.#beyond === 0) this.#tail.push(this.#carry, 0, this.#carried);
    this.#tail.push(chunk, from, to);
    this.#beyond += to - from;
  }

  /** Ends the line that is carried. */
  #take(): string {
    const bytes = this.#carried + this.#beyond;
    const head = this.#carry.subarray(0, this.#carried);
    const line =
      this.#beyond > 0
        ? cutBytes(head, bytes, this.#lineBytes)
        : cutLine(painted(head.toString("utf8")), this.#lineBytes);
    this.#drop();
    return line;
  }

  #drop(): void {
    if (this.#beyond === 0) this.#tail.push(this.#carry, 0, this.#carried);
    this.#carried = 0;
    this.#beyond = 0;
  }

  #grow(size: number): void {
    if (size <= this.#carry.length) return;
    const grown = Buffer.alloc(Math.min(this.#lineBytes, Math.max(256, size * 2)));
    this.#carry.copy(grown, 0, 0, this.#carried);
    this.#carry = grown;
  }
}

/** What a terminal shows of a line in the end. */
function painted(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === carriageReturn) end--;
  return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
}
