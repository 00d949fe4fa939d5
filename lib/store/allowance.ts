import { type Bucket, filled, nextTokenAt, tokensOf } from "../job/bucket.ts";
import type { QueueSettings } from "../job/queue.ts";

/** What an engine knows of limits inside a claim's transaction. */
export interface LimitFacts {
  settings(queue: string): QueueSettings;
  bucket(queue: string): Bucket | undefined;
  /** Of a job's name, over all queues. */
  concurrency(job: string): number | undefined;
  /**
   * Running rows and lingering runs of all processes, which leave less than a claim takes: counted
   * from the rows themselves.
   */
  runningInQueue(queue: string, limit: number): number;
  runningOfJob(job: string, limit: number): number;
}

interface QueueLeft {
  settings: QueueSettings;
  /** `Infinity` where it has no limit. */
  running: number;
  tokens: number;
  bucket: Bucket | undefined;
  spent: boolean;
}

/**
 * What the limits of queues and jobs leave for one claim. Nothing is counted but what is limited,
 * and each of that once a claim; what is taken is counted here.
 */
export class Allowance {
  readonly #facts: LimitFacts;
  readonly #now: number;
  readonly #queues = new Map<string, QueueLeft>();
  readonly #jobs = new Map<string, number>();

  constructor(facts: LimitFacts, now: number) {
    this.#facts = facts;
    this.#now = now;
  }

  /** How many of a job may start in a queue now; `Infinity` where nothing limits it. */
  left(queue: string, job: string): number {
    return Math.min(this.ofQueue(queue), this.#ofJob(job));
  }

  /** How many may start in a queue now. */
  ofQueue(queue: string): number {
    const { running, tokens } = this.#queue(queue);
    return Math.max(0, Math.min(running, tokens));
  }

  /** Whether something limits it at all: then it is never claimed ahead of a free slot. */
  limits(queue: string, job: string): boolean {
    const { settings } = this.#queue(queue);
    return (
      settings.concurrency !== undefined ||
      settings.rate !== undefined ||
      this.#facts.concurrency(job) !== undefined
    );
  }

  weight(queue: string): number {
    return this.#queue(queue).settings.weight;
  }

  /** One of it starts. */
  take(queue: string, job: string): void {
    const left = this.#queue(queue);
    left.running--;
    left.tokens--;
    const { rate } = left.settings;
    if (rate !== undefined && left.bucket !== undefined) {
      left.bucket.credit -= rate.perMs;
      left.spent = true;
    }
    this.#jobs.set(job, this.#ofJob(job) - 1);
  }

  /** When a queue that its rate holds back has its next token; undefined where it is not held. */
  freeAt(queue: string): number | undefined {
    const { settings, bucket, tokens } = this.#queue(queue);
    if (settings.rate === undefined || bucket === undefined || tokens > 0) return undefined;
    return nextTokenAt(settings.rate, bucket);
  }

  /** The buckets as they are now, where they changed. */
  *spent(): Iterable<{ queue: string; bucket: Bucket }> {
    for (const [queue, { spent, bucket }] of this.#queues) {
      if (spent && bucket !== undefined) yield { queue, bucket };
    }
  }

  #queue(name: string): QueueLeft {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const settings = this.#facts.settings(name);
    const { concurrency, rate } = settings;
    const before = this.#facts.bucket(name);
    const bucket = rate && filled(rate, before, this.#now);
    const left: QueueLeft = {
      settings,
      running:
        concurrency === undefined
          ? Infinity
          : concurrency - this.#facts.runningInQueue(name, concurrency),
      tokens: rate === undefined || bucket === undefined ? Infinity : tokensOf(rate, bucket),
      bucket,
      // A clock that was put back: time counts on from there, not from when it will be that late.
      spent: before !== undefined && before.at > this.#now,
    };
    this.#queues.set(name, left);
    return left;
  }

  #ofJob(job: string): number {
    const known = this.#jobs.get(job);
    if (known !== undefined) return Math.max(0, known);
    const concurrency = this.#facts.concurrency(job);
    const left =
      concurrency === undefined
        ? Infinity
        : concurrency - this.#facts.runningOfJob(job, concurrency);
    this.#jobs.set(job, left);
    return Math.max(0, left);
  }
}
