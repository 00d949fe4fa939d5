import type { Clock } from "../lib/base/clock.ts";
import { ErgateError, errorCodes } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import { Buckets } from "../lib/metric/buckets.ts";

/** Past the last one somebody notices without a figure. */
const durationBoundsMs = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];
const rowBounds = [1, 4, 16, 64, 256, 1_024, 4_096];

/** What became of the store's commits since the process began: it outlives the queue's crashes. */
export class CommitFacts {
  /** From being sent to the answer, of those that succeeded. */
  readonly durationMs = new Buckets(durationBoundsMs);
  /** Jobs enqueued, runs settled, and moves and marks in one. */
  readonly rows = new Buckets(rowBounds);
  failures = 0;
  readonly #clock: Pick<Clock, "monotonic">;
  /** When each of those under way was sent, the oldest first. */
  readonly #sentAt = new Map<number, number>();
  #appliedAt = Number.NEGATIVE_INFINITY;
  #fault: string | undefined;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** A new queue hears no more of what the one before it sent. */
  restarted(): void {
    this.#sentAt.clear();
  }

  sent(number: number): void {
    this.#sentAt.set(number, this.#clock.monotonic());
  }

  applied(number: number, rows: number): void {
    this.#appliedAt = this.#clock.monotonic();
    this.durationMs.record(this.#appliedAt - (this.#sentAt.get(number) as number));
    this.rows.record(rows);
    this.#sentAt.delete(number);
    this.#fault = undefined;
  }

  failed(number: number, error: unknown): void {
    this.failures++;
    this.#sentAt.delete(number);
    const code = error instanceof ErgateError ? error.code : "ERR_ERGATE_STORE_FAILED";
    // One thing that can't be done is its asker's fault, and the rest goes again without it.
    if (code === "ERR_ERGATE_STORE_ROW") return;
    this.#fault = `the last commit failed: ${errorCodes[code].means} (${code})`;
  }

  /** What makes the store unfit for more. */
  problems(): string[] {
    if (this.#fault !== undefined) return [this.#fault];
    const [oldest = Number.POSITIVE_INFINITY] = this.#sentAt.values();
    const silentMs = this.#clock.monotonic() - Math.max(oldest, this.#appliedAt);
    if (silentMs <= limits.readyCommitMs) return [];
    return [`no commit succeeded for ${Math.floor(silentMs / 1000)} s, and work waits for one`];
  }
}
