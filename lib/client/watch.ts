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
    const since = this.#cursor && overlapped(this.#cursor);
    const { tracked } = this.#told;
    const query = { type: "changes", since, tracked, limit: limits.pageRows } as const;
    const answer = await this.#parts.read(query).catch(() => undefined);
    if (answer === undefined || this.#followers === 0) return;
    for (const job of answer.moved) this.#tell(job);
    this.#cursor = answer.cursor;
    if (answer.moved.length >= limits.pageRows) this.#again = true;
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

/** What a commit of another process may be behind its own times: an end is stamped, then stored. */
function overlapped(cursor: ChangeCursor): ChangeCursor {
  return { ...cursor, finishedAt: cursor.finishedAt - limits.eventsOverlapMs, finalSeq: 0 };
}
