import { closeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Clock, Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { LineSplitter } from "./lines.ts";
import type { Tail } from "./tail.ts";

/** `merged` output is all `stdout`. */
export type CommandStream = "stdout" | "stderr";

export interface OutputEvents {
  /**
   * Lines that came at once, in their order; `at` in milliseconds since the epoch. False: no more
   * for now. The pipes stay unread, and so the program waits, until `more()`.
   */
  lines(stream: CommandStream, lines: readonly string[], at: number): boolean;
  /** Every pipe ended, or `close()` closed it. */
  ended(): void;
}

/** Of all pipes: what a read brings is taken before the next read of any of them. */
const chunk = Buffer.alloc(limits.commandReadBytes);

/** The pipes of one command, read as fast as their lines are taken. */
export class CommandOutput {
  readonly #clock: Clock;
  readonly #events: OutputEvents;
  readonly #tail: Tail;
  readonly #readers = new Set<Reader>();
  #isFull = false;
  #wasFull = false;
  #bytes = 0;

  constructor(clock: Clock, tail: Tail, events: OutputEvents) {
    this.#clock = clock;
    this.#tail = tail;
    this.#events = events;
  }

  /** Begins to read: `reads` are the pipes' file descriptors, and are closed here. */
  open(reads: readonly number[]): void {
    for (const [at, read] of reads.entries()) this.#read(at === 0 ? "stdout" : "stderr", read);
  }

  /** Begins to read what `spawn` made. */
  attach(stdout: Readable, stderr: Readable | null): void {
    this.#read("stdout", stdout);
    if (stderr !== null) this.#read("stderr", stderr);
  }

  get isOpen(): boolean {
    return this.#readers.size > 0;
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the consumer has taken nothing for a while, now or since this was asked last. */
  wasFull(): boolean {
    const was = this.#wasFull;
    this.#wasFull = this.#isFull;
    return was;
  }

  more(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    for (const reader of this.#readers) reader.resume();
  }

  /** Ends the reading of what is still open. */
  close(): void {
    for (const reader of this.#readers) reader.close();
  }

  #read(stream: CommandStream, source: number | Readable): void {
    const splitter = new LineSplitter(limits.logLineBytes, this.#tail);
    const reader = new Reader(source, this.#clock, {
      bytes: (bytes, length) => {
        this.#bytes += length;
        return this.#take(stream, splitter.push(bytes, length));
      },
      ended: () => {
        this.#take(stream, splitter.end());
        this.#readers.delete(reader);
        if (this.#readers.size === 0) this.#events.ended();
      },
    });
    this.#readers.add(reader);
  }

  /** Whether reading may go on. */
  #take(stream: CommandStream, lines: readonly string[]): boolean {
    if (lines.length === 0) return !this.#isFull;
    if (!this.#events.lines(stream, lines, this.#clock.now()) && !this.#isFull) {
      this.#isFull = true;
      this.#wasFull = true;
      for (const reader of this.#readers) reader.pause();
    }
    return !this.#isFull;
  }
}

interface ReaderEvents {
  /** False: read no more until `resume()`. */
  bytes(chunk: Buffer, length: number): boolean;
  ended(): void;
}

/** One pipe. After a full read it waits for the next turn: a flood leaves the loop to others. */
class Reader {
  readonly #clock: Clock;
  readonly #events: ReaderEvents;
  readonly #source: Readable;
  #isPaused = false;
  #hasEnded = false;
  #turn: Timer | undefined;

  constructor(source: number | Readable, clock: Clock, events: ReaderEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#source = typeof source === "number" ? this.#pipe(source) : this.#attached(source);
    // A pipe that fails has ended: what it gave is kept.
    this.#source.on("error", () => undefined);
    this.#source.on("end", () => this.#end());
    this.#source.on("close", () => this.#end());
  }

  pause(): void {
    this.#isPaused = true;
    this.#source.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#turn === undefined) this.#source.resume();
  }

  close(): void {
    this.#source.destroy();
    this.#end();
  }

  #pipe(read: number): Socket {
    const callback = (length: number) => this.#took(chunk, length);
    const onread = { buffer: chunk, callback };
    try {
      return new Socket({ fd: read, readable: true, writable: false, onread });
    } catch (error) {
      closeSync(read);
      throw error;
    }
  }

  #attached(source: Readable): Readable {
    return source.on("data", (bytes: Buffer) => {
      if (!this.#took(bytes, bytes.length)) source.pause();
    });
  }

  /** Whether the next read may follow at once. */
  #took(bytes: Buffer, length: number): boolean {
    if (this.#hasEnded) return false;
    const goesOn = this.#events.bytes(bytes, length);
    if (!goesOn || length < limits.commandReadBytes) return goesOn;
    this.#turn = this.#clock.after(0, () => {
      this.#turn = undefined;
      if (!this.#isPaused && !this.#hasEnded) this.#source.resume();
    });
    return false;
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#turn?.cancel();
    this.#events.ended();
  }
}
