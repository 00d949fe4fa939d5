import { limits } from "../base/limits.ts";
import type { JobId } from "../job/job.ts";
import { isFinal, type JobState } from "../job/state.ts";
import type { ChangedJob } from "../protocol/query.ts";

interface Move {
  state: JobState;
  attempt: number;
}

/** What was last told of each job, so that a job that is read again is told only when it moved. */
export class Told {
  /** Row numbers of jobs that are not final, by what was last told of them; the oldest give way. */
  readonly #tracked = new Map<number, JobId>();
  readonly #moves = new Map<JobId, Move>();
  /** Read once and not told yet. */
  readonly #doubted = new Map<JobId, true>();

  /** Row numbers of the jobs to read again. */
  get tracked(): number[] {
    return [...this.#tracked.keys()];
  }

  /**
   * Takes in a job that was read. Only `news` is to be told; what is `doubtful` is to be read
   * again: a read may come between a commit of this process and its own telling of it.
   */
  judge(job: ChangedJob): "news" | "known" | "doubtful" {
    this.#track(job);
    const news = isNews(this.#moves.get(job.id), job);
    if (news && !this.#isSeenTwice(job.id)) return "doubtful";
    this.#doubted.delete(job.id);
    if (!news) return "known";
    this.note(job.id, job);
    return "news";
  }

  note(id: JobId, { state, attempt }: Move): void {
    this.#moves.delete(id);
    this.#moves.set(id, { state, attempt });
    dropOldest(this.#moves, limits.eventsSeen);
  }

  clear(): void {
    this.#tracked.clear();
    this.#moves.clear();
    this.#doubted.clear();
  }

  #track({ seq, id, state }: ChangedJob): void {
    this.#tracked.delete(seq);
    if (!isFinal(state)) this.#tracked.set(seq, id);
    dropOldest(this.#tracked, limits.eventsTracked);
  }

  #isSeenTwice(id: JobId): boolean {
    if (this.#doubted.has(id)) return true;
    this.#doubted.set(id, true);
    dropOldest(this.#doubted, limits.eventsSeen);
    return false;
  }
}

function dropOldest<K>(entries: Map<K, unknown>, countMax: number): void {
  if (entries.size > countMax) entries.delete(entries.keys().next().value as K);
}

/**
 * Whether a state that was read is later than the told one: a read may be older than a told move.
 */
function isNews(told: Move | undefined, { state, attempt }: Move): boolean {
  if (told === undefined) return true;
  if (told.state === state && told.attempt === attempt) return false;
  if (attempt !== told.attempt) return attempt > told.attempt || isFinal(told.state);
  return rank(state) > rank(told.state);
}

function rank(state: JobState): number {
  if (isFinal(state)) return 3;
  return state === "retryable" ? 2 : state === "running" ? 1 : 0;
}
