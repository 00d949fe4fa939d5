import type { Clock, Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { ChangeCursor, ChangedJob } from "../protocol/query.ts";
import { encodeCursor } from "./cursor.ts";
import { type Hub, isMove } from "./hub.ts";
import type { LocalParts } from "./parts.ts";
import { Told } from "./told.ts";

/**
 * Sees what other processes did, while somebody follows: it reads what is new, what is final since,
 * and again what it saw and what is not final. Each job's latest state, not every move.
 */
export interface Watch {
  /** Returns the end of it. */
  follow(): () => void;
}

export interface WatchParts {
  clock: Clock;
  hub: Hub;
  read: LocalParts["read"];
  watch: LocalParts["watch"];
}

export function createWatch(parts: WatchParts): Watch {
  return new FileWatch(parts);
}

class FileWatch implements Watch {
  readonly #parts: WatchParts;
  readonly #told = new Told();
  #followers = 0;
  #cursor: ChangeCursor | undefined;
  /** What ended before is told to nobody. */
  #sinceMs = 0;
  /** Halved where more ended in it than one read gives: it would never come to what is new. */
  #overlapMs = limits.eventsOverlapMs;
  /** The last read did not come to the end. */
  #behind = false;
  #reading = false;
  #again = false;
  #timer: Timer | undefined;
  /** Of what it listens to while it is followed. */
  #ends: (() => void)[] = [];

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  follow(): () => void {
    this.#followers++;
    if (this.#followers === 1) this.#begin();
    return () => {
      this.#followers--;
      if (this.#followers === 0) this.#end();
    };
  }

  #begin(): void {
    this.#overlapMs = limits.eventsOverlapMs;
    this.#behind = false;
    this.#ends = [this.#noteOwn(), this.#parts.watch(() => this.#look())];
    this.#tick();
  }

  #end(): void {
    for (const end of this.#ends) end();
    this.#timer?.cancel();
    this.#cursor = undefined;
    this.#told.clear();
  }

  /** Moves of this process are told by themselves, and must not be told again as another's. */
  #noteOwn(): () => void {
    return this.#parts.hub.onPublish((event) => {
      if (!event.remote && isMove(event.type)) this.#told.note(event.id, event);
    });
  }

  #tick(): void {
    this.#timer = this.#parts.clock.after(limits.resultPollMs, () => this.#tick(), true);
    this.#look();
  }

  #look(): void {
    if (this.#followers === 0) return;
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    this.#again = false;
    this.#readChanges().finally(() => {
      this.#reading = false;
      if (this.#again) this.#parts.clock.after(limits.eventsPollMs, () => this.#look());
    });
  }

  async #readChanges(): Promise<void> {
    const cursor = this.#cursor;
    if (cursor === undefined) return this.#prime();
    const isExact = this.#behind;
    const answer = await this.#read(isExact ? cursor : this.#overlapped(cursor));
    if (answer === undefined || this.#followers === 0) return;
    for (const job of answer.moved) this.#tell(job);
    this.#cursor = latest(cursor, answer.cursor);
    this.#behind = answer.more;
    if (answer.more) this.#again = true;
    if (!isExact) this.#fitOverlap(answer.more);
  }

  #read(since: ChangeCursor | undefined) {
    const { tracked } = this.#told;
    const query = { type: "changes", since, tracked, limit: limits.pageRows } as const;
    return this.#parts.read(query).catch(() => undefined);
  }

  /**
   * Begins where the file is now. What the overlap holds already was there before the follower: it
   * is read first, so that no end can come between.
   */
  async #prime(): Promise<void> {
    const now = this.#parts.clock.now();
    const ends = (sinceMs: number) =>
      this.#read({ seq: Number.MAX_SAFE_INTEGER, finishedAt: sinceMs, finalSeq: 0 });
    const first = ends(now - this.#overlapMs);
    const start = await this.#read(undefined);
    let before = await first;
    while (before?.more === true && this.#overlapMs > 1) {
      this.#overlapMs /= 2;
      before = await ends(now - this.#overlapMs);
    }
    if (start === undefined || before === undefined || this.#followers === 0) return;
    for (const job of before.moved) this.#told.note(job.id, job);
    this.#sinceMs = now - this.#overlapMs;
    this.#cursor = start.cursor;
    this.#again = true;
  }

  /** A commit of another process may be behind its own times: an end is stamped, then stored. */
  #overlapped(cursor: ChangeCursor): ChangeCursor {
    const finishedAt = Math.max(cursor.finishedAt - this.#overlapMs, this.#sinceMs);
    return finishedAt >= cursor.finishedAt ? cursor : { ...cursor, finishedAt, finalSeq: 0 };
  }

  #fitOverlap(isTooMuch: boolean): void {
    const { eventsOverlapMs } = limits;
    this.#overlapMs = isTooMuch
      ? this.#overlapMs / 2
      : Math.min(Math.max(1, this.#overlapMs * 2), eventsOverlapMs);
  }

  #tell(job: ChangedJob): void {
    const verdict = this.#told.judge(job);
    if (verdict === "doubtful") this.#again = true;
    if (verdict !== "news") return;
    const { id, name, queue, state, attempt, reason, seq } = job;
    const at = job.finishedAt ?? this.#parts.clock.now();
    const cursor = encodeCursor(at, seq);
    const move = { id, name, queue, state, attempt, reason };
    this.#parts.hub.publish({ type: state, at, ...move, remote: true, cursor });
  }
}

/** An overlap that is read in part ends before the place that was reached. */
function latest(one: ChangeCursor, other: ChangeCursor): ChangeCursor {
  const isLater =
    other.finishedAt > one.finishedAt ||
    (other.finishedAt === one.finishedAt && other.finalSeq > one.finalSeq);
  return { ...(isLater ? other : one), seq: Math.max(one.seq, other.seq) };
}
