import { limits } from "../base/limits.ts";
import type { JobEvent } from "../protocol/event.ts";
import type { ChangedJob } from "../protocol/query.ts";
import { type EventPlace, encodeCursor } from "./cursor.ts";
import type { LocalParts } from "./parts.ts";

/**
 * What became final after a place that one subscriber kept, perhaps from an earlier life: read for
 * it alone, since others have heard of it. Its own live events gather meanwhile; what comes both
 * ways is told once.
 */
export class Replay {
  readonly #read: LocalParts["read"];
  readonly #since: number;
  #place: EventPlace;
  #page: ChangedJob[] = [];
  #isLast = false;
  /** As text, moves that may come live, too: they ended when the subscriber came, or later. */
  readonly #told = new Set<string>();

  /** `now`: when its subscriber came. */
  constructor(read: LocalParts["read"], place: EventPlace, now: number) {
    this.#read = read;
    this.#place = place;
    this.#since = now - limits.eventsOverlapMs;
  }

  /** The next one; undefined: all is told. */
  async next(): Promise<JobEvent | undefined> {
    while (this.#page.length === 0) {
      if (this.#isLast) return undefined;
      await this.#turn();
    }
    return this.#event(this.#page.shift() as ChangedJob);
  }

  /** Whether a live event was told already. */
  has({ id, attempt, type }: JobEvent): boolean {
    return this.#told.delete(`${id} ${attempt} ${type}`);
  }

  async #turn(): Promise<void> {
    const { at: finishedAt, seq: finalSeq } = this.#place;
    const since = { seq: Number.MAX_SAFE_INTEGER, finishedAt, finalSeq };
    const limit = limits.pageRows;
    const { moved, cursor } = await this.#read({ type: "changes", since, tracked: [], limit });
    this.#page = [...moved];
    this.#isLast = moved.length < limit;
    this.#place = { at: cursor.finishedAt, seq: cursor.finalSeq };
  }

  #event({ id, name, queue, state, attempt, reason, seq, finishedAt = 0 }: ChangedJob): JobEvent {
    if (finishedAt >= this.#since && this.#told.size < limits.eventsSeen) {
      this.#told.add(`${id} ${attempt} ${state}`);
    }
    const move = { id, name, queue, state, attempt, reason };
    const cursor = encodeCursor(finishedAt, seq);
    return { type: state, at: finishedAt, ...move, remote: true, cursor };
  }
}
