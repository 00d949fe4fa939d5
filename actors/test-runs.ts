import { systemClock } from "../lib/base/clock.ts";
import type { Hub } from "../lib/client/hub.ts";
import type { JobId } from "../lib/job/job.ts";
import type { JobEvent } from "../lib/protocol/event.ts";

/** How the runs of a `drain` or an `advance` ended. */
export interface Outcomes {
  completed: number;
  /** Will be tried again. */
  failed: number;
  /** Failed for the last time, or discarded. */
  dead: number;
  stopped: number;
  cancelled: number;
  snoozed: number;
  /** Still running: it waits for virtual time, or was too slow for the moving clock. */
  running: number;
}

/** A handler that was entered, and whose end is not committed. */
export interface Run {
  readonly id: JobId;
  readonly name: string;
  readonly attempt: number;
  /** Real time, of its start or of its last waking from a virtual sleep. */
  sinceMs: number;
  /** The clock moves on without it. */
  leftBehind: boolean;
}

type Ended = Exclude<keyof Outcomes, "running">;

/** What runs and how runs ended, as the hub tells it: a run counts until its end is committed. */
export class Runs {
  readonly #running = new Map<JobId, Run>();
  readonly #counts = { completed: 0, failed: 0, dead: 0, stopped: 0, cancelled: 0, snoozed: 0 };
  readonly #failed: (event: JobEvent) => void;
  /** Handlers in a sleep of the virtual clock. */
  #asleep = 0;

  /** `failed` hears of every run that failed. */
  constructor(hub: Hub, failed: (event: JobEvent) => void) {
    this.#failed = failed;
    hub.onPublish((event) => this.#see(event));
  }

  /**
   * Those that may end without the clock being moved, longest running first. Who sleeps is not
   * known; that it is the oldest is most likely.
   */
  awake(): Run[] {
    return [...this.#running.values()].slice(this.#asleep);
  }

  get size(): number {
    return this.#running.size;
  }

  /** A handler waits for the virtual clock. */
  sleeps(): void {
    this.#asleep++;
  }

  /** A sleep is over: whosever it was has real work to do again. */
  woken(): void {
    this.#asleep--;
    for (const run of this.#running.values()) {
      run.sinceMs = systemClock.monotonic();
      run.leftBehind = false;
    }
  }

  /** Counts from here. */
  count(): () => Outcomes {
    const before = { ...this.#counts };
    return () => {
      const now = Object.entries(this.#counts) as [Ended, number][];
      const ended = now.map(([outcome, count]) => [outcome, count - before[outcome]]);
      return { ...(Object.fromEntries(ended) as Record<Ended, number>), running: this.size };
    };
  }

  #see(event: JobEvent): void {
    const { type, id, name, attempt } = event;
    if (type === "running") {
      const sinceMs = systemClock.monotonic();
      this.#running.set(id, { id, name, attempt, sinceMs, leftBehind: false });
      return;
    }
    if (!this.#running.delete(id)) return;
    const outcome = outcomes[type];
    if (outcome !== undefined) this.#counts[outcome]++;
    if (outcome === "failed" || outcome === "dead") this.#failed(event);
  }
}

/** What a running job's move means; given back (`available`) is no outcome. */
const outcomes: Partial<Record<JobEvent["type"], Ended>> = {
  completed: "completed",
  retryable: "failed",
  dead: "dead",
  stopped: "stopped",
  cancelled: "cancelled",
  scheduled: "snoozed",
};
