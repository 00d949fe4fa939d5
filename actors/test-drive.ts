import { systemClock } from "../lib/base/clock.ts";
import { ErgateError } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { VirtualClock } from "../lib/kernel/testkit.ts";
import type { Hold } from "./hold.ts";
import type { Outcomes, Run, Runs } from "./test-runs.ts";
import type { Turns } from "./test-turns.ts";

export interface DriveParts {
  clock: VirtualClock;
  turns: Turns;
  runs: Runs;
  hold: Hold;
  /** Nothing is claimed but in a drain or an advance. */
  manual: boolean;
  patienceMs: number;
  start(): Promise<void>;
  /** Has the dispatcher look at what it may claim now. */
  held(): void;
}

/** Moves a runtime under test: its turns, its clock, and what of it may run. */
export class Drive {
  readonly #parts: DriveParts;
  /** Drains and advances under way. */
  #moving = 0;
  /** The last move of the clock: one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: DriveParts) {
    this.#parts = parts;
    if (parts.manual) parts.hold.hold();
  }

  /** Runs what can run now, and waits for it. */
  async drain(runMsMax: number): Promise<Outcomes> {
    await this.#parts.start();
    const late = (run: Run) => {
      throw stuck(run, runMsMax);
    };
    return this.#move(() => this.#rest(() => this.#parts.runs.awake(), runMsMax, late));
  }

  /** Moves the clock; each timer that is due on the way fires at its own time. */
  async advance(ms: number): Promise<Outcomes> {
    await this.#parts.start();
    return this.#inTurn(() => this.#move(() => this.#forward(ms)));
  }

  /** Plays the virtual time that a stop takes, until it is over. */
  async stop(stopping: Promise<void>): Promise<void> {
    let over = false;
    const end = () => {
      over = true;
      this.#parts.turns.stir();
    };
    stopping.then(end, end);
    await this.#inTurn(async () => {
      await this.#forward(0);
      while (!over) await this.#stopFurther(() => over);
    });
    return stopping;
  }

  async #stopFurther(over: () => boolean): Promise<void> {
    const { clock, turns, runs, patienceMs } = this.#parts;
    const nextMs = clock.untilNext();
    // Without a run it is real work that takes time, such as a module's teardown.
    if (nextMs === undefined || runs.size === 0) await turns.stirred(patienceMs);
    if (nextMs !== undefined && !over()) await this.#forward(nextMs);
  }

  #forward(ms: number): Promise<void> {
    const { clock, runs, patienceMs } = this.#parts;
    const awaited = () => runs.awake().filter(({ leftBehind }) => !leftBehind);
    const late = (run: Run) => {
      run.leftBehind = true;
    };
    return clock.advanceAsync(ms, () => this.#rest(awaited, patienceMs, late));
  }

  async #move(action: () => Promise<void>): Promise<Outcomes> {
    const { runs, hold } = this.#parts;
    const counted = runs.count();
    this.#moving++;
    hold.release();
    try {
      await action();
      return counted();
    } finally {
      this.#moving--;
      if (this.#moving === 0 && this.#parts.manual) await this.#hold();
    }
  }

  async #hold(): Promise<void> {
    const { hold, turns, held } = this.#parts;
    hold.hold();
    held();
    await turns.quiet();
  }

  #inTurn<T>(move: () => Promise<T>): Promise<T> {
    const moved = this.#last.then(move);
    this.#last = moved.catch(() => undefined);
    return moved;
  }

  /**
   * Comes to rest at this instant, with no run left that is awaited; one that takes more real time
   * than `runMsMax` is `late`.
   */
  async #rest(awaited: () => Run[], runMsMax: number, late: (run: Run) => void): Promise<void> {
    const { clock, turns } = this.#parts;
    for (let rounds = 0; ; ) {
      await turns.quiet();
      if (clock.untilNext() === 0) {
        if (++rounds > limits.testRounds) throw restless();
        clock.advance(0);
        continue;
      }
      const [oldest] = awaited();
      if (oldest === undefined) return;
      const leftMs = oldest.sinceMs + runMsMax - systemClock.monotonic();
      if (leftMs > 0) await turns.stirred(leftMs);
      else late(oldest);
    }
  }
}

function stuck({ name, id, attempt }: Run, ms: number): ErgateError {
  const message =
    `job "${name}" (${id}, attempt ${attempt}) runs for more than ${ms} ms of real time: ` +
    "if it waits for virtual time, its timeout perhaps, call advance(); " +
    "if its work takes longer, drain({ timeout })";
  return new ErgateError("ERR_ERGATE_WAIT_TIMEOUT", message);
}

function restless(): ErgateError {
  const message = `no rest within ${limits.testRounds} rounds of jobs that are due again at once`;
  return new ErgateError("ERR_ERGATE_WAIT_TIMEOUT", message);
}
