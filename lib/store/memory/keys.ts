import { Heap, type HeapEntry } from "../../base/heap.ts";
import type { JobId } from "../../job/job.ts";
import { type FinalState, isFinal, type JobState } from "../../job/state.ts";
import type { Row } from "./row.ts";

/** Who holds a unique key. */
export interface Holding {
  readonly key: string;
  readonly seq: number;
  readonly id: JobId;
  /** Its job has ended, and the key's period goes on until then. */
  rest: { expiresAt: number; ended: FinalState } | undefined;
  entry: HeapEntry<Holding> | undefined;
}

type Holder = Pick<Row, "seq" | "id">;

/** The unique keys of one namespace that are held. A job frees no key but its own. */
export class Keys {
  readonly #held = new Map<string, Holding>();
  readonly #resting = new Heap<Holding>((one, other) => expiryOf(one) < expiryOf(other));

  /** Takes the key. Where another holds it, nothing changes and that one is answered. */
  take(key: string, holder: Holder, now: number): Holding | undefined {
    const found = this.#held.get(key);
    if (found !== undefined && found.seq !== holder.seq && expiryOf(found) > now) return found;
    this.give(key, holder);
    return undefined;
  }

  /** The key is its holder's from now on, whoever had it. */
  give(key: string, { seq, id }: Holder): void {
    this.#drop(this.#held.get(key));
    this.#held.set(key, { key, seq, id, rest: undefined, entry: undefined });
  }

  /** Who holds a key at that time. */
  holderOf(key: string, now: number): Holding | undefined {
    const found = this.#held.get(key);
    return found !== undefined && expiryOf(found) > now ? found : undefined;
  }

  free(row: Row): void {
    this.#drop(this.#own(row));
  }

  /** A row has moved: its end frees its key, and so does its start where it holds it until then. */
  follow(row: Row, before: JobState): void {
    const { unique, state } = row;
    if (unique === undefined || state === before) return;
    if (isFinal(state) && !isFinal(before)) this.#end(row, state, row.finishedAt ?? 0);
    if (unique.until !== "started") return;
    if (state === "running") this.free(row);
    // It goes back as if it had not been started.
    else if (before === "running" && state === "available") this.take(unique.key, row, 0);
  }

  /** Drops what has expired, at most `limit`; returns how many. */
  expire(now: number, limit: number): number {
    let count = 0;
    for (let next = this.#resting.peek(); count < limit; next = this.#resting.peek()) {
      if (next === undefined || expiryOf(next) > now) break;
      this.#drop(next);
      count++;
    }
    return count;
  }

  #end(row: Row, state: FinalState, now: number): void {
    const own = this.#own(row);
    const until = row.unique?.until;
    if (own === undefined) return;
    if (typeof until !== "number" || until <= now) return this.#drop(own);
    own.rest = { expiresAt: until, ended: state };
    own.entry = this.#resting.push(own);
  }

  #own(row: Row): Holding | undefined {
    const found = row.unique === undefined ? undefined : this.#held.get(row.unique.key);
    return found?.seq === row.seq ? found : undefined;
  }

  #drop(holding: Holding | undefined): void {
    if (holding === undefined) return;
    if (holding.entry !== undefined) this.#resting.remove(holding.entry);
    this.#held.delete(holding.key);
  }
}

function expiryOf({ rest }: Holding): number {
  return rest?.expiresAt ?? Number.POSITIVE_INFINITY;
}
