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
  readonly #doubted = new Set<JobId>();

  /** Row numbers of the jobs to read again. */
  get tracked(): number[] {
    return [...this.#tracked.keys()];
  }

  /**
   * Takes in a job that was read. Only `news` is to be told; what is `doubtful` is to be read
   * again.
   */
  judge(job: ChangedJob): "news" | "known" | "doubtful" {
    this.#track(job);
    if (!isNews(this.#moves.get(job.id), job)) return "known";
    if (this.#isDoubtful(job)) return "doubtful";
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

  /**
   * A read that began before this process's own commit shows a final job unfinished: look twice.
   */
  #isDoubtful({ id, state }: ChangedJob): boolean {
    const told = this.#moves.get(id);
    if (told === undefined || !isFinal(told.state) || isFinal(state)) return false;
    if (this.#doubted.delete(id)) return false;
    this.#doubted.add(id);
    return true;
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
