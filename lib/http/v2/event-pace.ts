import { type Clock, soon } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { JobEvent } from "../../protocol/event.ts";

/**
 * What the followers of one process share: its loop, and what they are told. A piece of a stream
 * costs some 20 µs whatever its length: where many follow, they are told in rounds, and a round in
 * handfuls, so that the loop is free in between.
 */
export class EventPace {
  followers = 0;
  #due: (() => void)[] = [];
  #toldAt = Number.NEGATIVE_INFINITY;
  #last: { texts: readonly string[]; bytes: Uint8Array } = { texts: [], bytes: Buffer.alloc(0) };

  /** Calls back in the next round: in the loop's next turn, unless the last one was just now. */
  next(clock: Clock, tell: () => void): void {
    if (this.#due.push(tell) > 1) return;
    const { httpEventFollowerMs, httpEventPaceMs } = limits;
    const paceMs = Math.min(this.followers * httpEventFollowerMs, httpEventPaceMs);
    const waitMs = this.#toldAt + paceMs - clock.monotonic();
    const round = () => this.#round(clock);
    if (waitMs < 1) soon(round);
    else clock.after(waitMs, round);
  }

  /** The bytes of some texts, made once for all who are told the same. */
  piece(texts: readonly string[]): Uint8Array {
    const { texts: last } = this.#last;
    const same = texts.length === last.length && texts.every((text, at) => text === last[at]);
    if (!same) this.#last = { texts, bytes: Buffer.from(texts.join("")) };
    return this.#last.bytes;
  }

  #round(clock: Clock): void {
    const due = this.#due;
    this.#due = [];
    this.#toldAt = clock.monotonic();
    handfuls(due, 0);
  }
}

function handfuls(due: readonly (() => void)[], from: number): void {
  const until = from + limits.httpEventFollowersTurn;
  for (const tell of due.slice(from, until)) tell();
  if (until < due.length) soon(() => handfuls(due, until));
}

const texts = new WeakMap<JobEvent, string>();

/** Made once for all who follow: they get the same event. */
export function eventText(event: JobEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const { cursor, ...data } = event;
  const id = cursor === "" ? "" : `id: ${cursor}\n`;
  const text = `${id}event: ${event.type}\ndata: ${JSON.stringify(data)}\n\n`;
  texts.set(event, text);
  return text;
}
