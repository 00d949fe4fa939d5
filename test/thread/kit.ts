import { systemClock } from "../../lib/base/clock.ts";
import { ErgateError } from "../../lib/base/error.ts";
import { batchSize } from "../../lib/thread/batch.ts";
import { threadPool } from "../../lib/thread/pool.ts";
import type {
  ThreadEnding,
  ThreadEnqueue,
  ThreadJob,
  ThreadLine,
  ThreadNote,
  ThreadPool,
  ThreadPoolOptions,
} from "../../lib/thread/thread.ts";
import type { Fate } from "./handlers/fate.ts";

export type Happened =
  | { type: "ended"; key: number }
  | { type: "line"; key: number }
  | { type: "note"; key: number }
  | { type: "returned"; key: number };

/** A pool that keeps all it tells, and lets a test wait for any of it. */
export class Kit {
  readonly pool: ThreadPool;
  readonly endings = new Map<number, ThreadEnding>();
  readonly returned: ThreadJob[] = [];
  readonly lines: ThreadLine[] = [];
  readonly notes: ThreadNote[] = [];
  readonly calls: ThreadEnqueue[] = [];
  /** Everything, in the order in which it was told. */
  readonly story: Happened[] = [];
  /** How many `ended` calls there were. */
  batches = 0;
  /** Holds the acknowledgements of lines while set. */
  held: (() => void)[] | undefined;
  #waits: { done(): boolean; resolve(): void }[] = [];

  constructor(options: Partial<ThreadPoolOptions> = {}) {
    const look = this.#look.bind(this);
    this.pool = threadPool({
      threads: 2,
      clock: systemClock,
      events: {
        ended: (endings) => {
          this.batches++;
          for (const ending of endings) {
            this.story.push({ type: "ended", key: ending.key });
            if (this.endings.has(ending.key)) throw new Error(`${ending.key} ended twice`);
            this.endings.set(ending.key, ending);
          }
          look();
        },
        returned: (jobs) => {
          this.returned.push(...jobs);
          for (const { key } of jobs) this.story.push({ type: "returned", key });
          look();
        },
        lines: (lines, taken) => {
          this.lines.push(...lines);
          for (const { key } of lines) this.story.push({ type: "line", key });
          if (this.held === undefined) taken();
          else this.held.push(taken);
          look();
        },
        notes: (notes) => {
          this.notes.push(...notes);
          for (const { key } of notes) this.story.push({ type: "note", key });
          look();
        },
        enqueue: (calls) => {
          this.calls.push(...calls);
          look();
        },
      },
      ...options,
    });
  }

  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waits.push({ done, resolve }));
  }

  async ending(key: number): Promise<ThreadEnding> {
    await this.until(() => this.endings.has(key));
    return this.endings.get(key) as ThreadEnding;
  }

  /** Runs one job to its end. */
  run(fate: Fate, extra: Partial<ThreadJob> = {}): Promise<ThreadEnding> {
    const one = job(fate, extra);
    this.pool.run([one]);
    return this.ending(one.key);
  }

  /** A result parsed, or a complaint. */
  async value(fate: Fate, extra: Partial<ThreadJob> = {}): Promise<unknown> {
    const { ending } = await this.run(fate, extra);
    if (ending.type !== "returned") throw new Error(`it ${ending.type}: ${JSON.stringify(ending)}`);
    return ending.result === undefined ? undefined : JSON.parse(ending.result);
  }

  /** Runs short jobs of a name until a dozen of them share a batch, on a slow machine too. */
  async measure(name = "fate"): Promise<void> {
    const short = () => batchSize(this.pool.expectedMs(name)) >= 12;
    while (!short()) await this.run({ do: "ok" }, { name });
  }

  /** Starts a job that says so in its log, and waits until it has. */
  async begun(fate: Fate, extra: Partial<ThreadJob> = {}): Promise<ThreadJob> {
    const one = job(fate, extra);
    this.pool.run([one]);
    await this.said(one.key);
    return one;
  }

  said(key: number): Promise<void> {
    return this.until(() => this.lines.some((line) => line.key === key));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close(0);
  }

  #look(): void {
    const ready = this.#waits.filter((wait) => wait.done());
    this.#waits = this.#waits.filter((wait) => !ready.includes(wait));
    for (const wait of ready) wait.resolve();
  }
}

let key = 0;

export function handlerUrl(name: string): string {
  return new URL(`./handlers/${name}.ts`, import.meta.url).href;
}

export function job(args: unknown, extra: Partial<ThreadJob> = {}): ThreadJob {
  return {
    key: ++key,
    fence: 10 + key,
    id: `id-${key}`,
    name: "fate",
    queue: "fates",
    args: JSON.stringify(args),
    attempt: 1,
    url: handlerUrl("fate"),
    timeoutMs: undefined,
    graceMs: 5000,
    alone: false,
    ...extra,
  };
}

export function jobs(count: number, fate: Fate, extra: Partial<ThreadJob> = {}): ThreadJob[] {
  return Array.from({ length: count }, () => job(fate, extra));
}

/** The message of what a run threw. */
export function thrownBy(ending: ThreadEnding): Error & { code?: string } {
  if (ending.ending.type !== "threw") throw new Error(`it ${ending.ending.type}`);
  return ending.ending.thrown as Error;
}

export function refused(message: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OVERLOADED", message, { path: "queue" });
}
