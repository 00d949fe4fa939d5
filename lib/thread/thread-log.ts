import { systemClock, type Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { LogLevel } from "../job/context.ts";
import type { Outbox } from "./thread-outbox.ts";
import type { Flat } from "./wire.ts";

/** What a line costs beside its text. */
const lineBytes = 64;
const lineStride = 5;
const waitSliceMs = 50;

export interface LineOwner {
  key: number;
  fence: number;
}

/**
 * Lines of a thread's runs on their way to the host, many in a message: the first few at once, so
 * that what a handler said before it hung is not lost, then one post each 50 ms or 100 lines. While
 * more than 1 MiB is under way, the call waits for the sink.
 */
export class ThreadLog {
  /** Bytes under way: raised here, lowered by the host when the sink took them. */
  readonly gauge = new Int32Array(new SharedArrayBuffer(4));
  readonly #outbox: Outbox;
  #lines: Flat = [];
  #bytes = 0;
  #seq = 0;
  #taken = 0;
  #window = 0;
  #posts = 0;
  #lost = 0;
  #timer: Timer | undefined;
  #flushes: { seq: number; resolve(): void }[] = [];

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  add(owner: LineOwner, level: LogLevel, text: string): void {
    if (!this.#hasRoom()) {
      this.#lost++;
      return;
    }
    if (this.#lost > 0) this.#mark(owner);
    this.#push(owner, level, text.slice(0, limits.logLineBytes));
    if (this.#lines.length >= limits.logBatchLines * lineStride || this.#mayPost()) this.post();
    else this.#timer ??= systemClock.after(limits.logPostMs, () => this.post());
  }

  post(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    const message = {
      type: "lines",
      seq: ++this.#seq,
      bytes: this.#bytes,
      lines: this.#lines,
    } as const;
    this.#lines = [];
    this.#bytes = 0;
    this.#outbox.post(message);
  }

  /** For synchronous code, whose thread runs no timer: called where it looks whether to end. */
  postDue(): void {
    if (this.#lines.length === 0) return;
    if (systemClock.monotonic() - this.#window >= limits.logPostMs) this.post();
  }

  /** Before an ending: a mark of lines cut goes out with the run that lost them. */
  end(owner: LineOwner): void {
    if (this.#lost > 0) this.#mark(owner);
  }

  /** Resolves when the sink took all lines so far. */
  flush(): Promise<void> {
    this.post();
    const seq = this.#seq;
    if (seq <= this.#taken) return Promise.resolve();
    return new Promise((resolve) => this.#flushes.push({ seq, resolve }));
  }

  /** The host's word that the sink has message `seq`; sinks take them in order. */
  taken(seq: number): void {
    this.#taken = Math.max(this.#taken, seq);
    const done = this.#flushes.filter((flush) => flush.seq <= this.#taken);
    this.#flushes = this.#flushes.filter((flush) => flush.seq > this.#taken);
    for (const flush of done) flush.resolve();
  }

  #push(owner: LineOwner, level: LogLevel, text: string): void {
    const bytes = text.length + lineBytes;
    this.#bytes += bytes;
    Atomics.add(this.gauge, 0, bytes);
    this.#lines.push(owner.key, owner.fence, systemClock.now(), level, text);
  }

  #mark(owner: LineOwner): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#push(owner, "warn", `${lost} log lines were cut: the log's sink was behind`);
  }

  /** Whether few posts were made of late. */
  #mayPost(): boolean {
    const now = systemClock.monotonic();
    if (now - this.#window >= limits.logPostMs) {
      this.#window = now;
      this.#posts = 0;
    }
    return ++this.#posts <= limits.logPostsAtOnce;
  }

  /** Waits, stopping the thread, until there is room; no longer than `logWaitMs`. */
  #hasRoom(): boolean {
    let bytes = Atomics.load(this.gauge, 0);
    if (bytes < limits.logThreadBytes) return true;
    this.post();
    // After one full wait a dead sink must not cost each further line another one.
    const until = systemClock.monotonic() + (this.#lost > 0 ? 0 : limits.logWaitMs);
    while (bytes >= limits.logThreadBytes && systemClock.monotonic() < until) {
      Atomics.wait(this.gauge, 0, bytes, waitSliceMs);
      bytes = Atomics.load(this.gauge, 0);
    }
    return bytes < limits.logThreadBytes;
  }
}

/** A line's text with the values after it as JSON; never throws. */
export function lineText(text: string, values: readonly unknown[]): string {
  let line = String(text);
  for (const value of values) line += ` ${shown(value)}`;
  return line;
}

function shown(value: unknown): string {
  try {
    if (value instanceof Error) return value.stack ?? String(value);
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
