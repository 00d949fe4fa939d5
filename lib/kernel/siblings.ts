import { assert } from "../base/assert.ts";
import type { Timer } from "../base/clock.ts";
import { ErgateError, messageOf } from "../base/error.ts";
import type { Supervision } from "./actor.ts";
import type { Cell } from "./cell.ts";
import { stopped } from "./faults.ts";
import { defaultSupervision, judge, toRestart } from "./supervise.ts";

/** An actor's living children in start order, and what becomes of them when one fails. */
export class Siblings {
  readonly #parent: Cell;
  readonly #rule: Supervision;
  readonly #cells = new Map<string, Cell>();
  readonly #backoffs = new Set<Timer>();
  #restartTimes: readonly number[] = [];

  constructor(parent: Cell, rule: Supervision = defaultSupervision) {
    this.#parent = parent;
    this.#rule = rule;
  }

  /** In start order. */
  all(): readonly Cell[] {
    return [...this.#cells.values()];
  }

  add(child: Cell): void {
    assert(!this.#cells.has(child.name), `${child.path} is the name of a living actor`);
    this.#cells.set(child.name, child);
  }

  remove(child: Cell): void {
    this.#cells.delete(child.name);
  }

  /** Ends all, right to left. */
  end(): void {
    for (const child of this.all().toReversed()) child.end("stopped");
    for (const timer of this.#backoffs) timer.cancel();
    this.#backoffs.clear();
  }

  /** Restarts whom the strategy names; throws, as the parent's own crash, past the intensity. */
  failed(child: Cell, cause: unknown): void {
    // Another restart of these siblings may have come first.
    if (child.state !== "failed") return;
    const { clock, closing } = this.#parent.host;
    if (closing) child.end("failed", cause);
    else this.#restart(child, cause, clock.monotonic());
  }

  #restart(child: Cell, cause: unknown, nowMs: number): void {
    const verdict = judge(this.#rule, this.#restartTimes, nowMs);
    if (verdict.type === "giveUp") throw this.#gaveUp(child, cause);
    this.#restartTimes = verdict.times;
    const restarted = this.#halt(toRestart(this.#rule.strategy, this.all(), child));
    for (const cell of restarted) cell.restarting(verdict.delayMs);
    const marks = restarted.map((cell) => cell.incarnation);
    const start = () => startAll(restarted, marks);
    if (verdict.delayMs === 0) start();
    else this.#startLater(verdict.delayMs, start);
  }

  #startLater(ms: number, start: () => void): void {
    const timer = this.#parent.host.clock.after(ms, () => {
      this.#backoffs.delete(timer);
      start();
    });
    this.#backoffs.add(timer);
  }

  /** Right to left. A temporary sibling ends for good; what is returned is to be started again. */
  #halt(cells: readonly Cell[]): readonly Cell[] {
    for (const cell of cells.toReversed()) {
      if (cell.restart === "temporary") cell.end("stopped");
      else cell.halt(() => stopped(cell.path));
    }
    return cells.filter((cell) => cell.state === "waiting");
  }

  #gaveUp(child: Cell, cause: unknown): ErgateError {
    const { restarts, withinMs } = this.#rule;
    const restarted = `${restarts} restarts in ${withinMs} ms`;
    const message = `${child.path} failed again after ${restarted}: ${messageOf(cause)}`;
    return new ErgateError("ERR_ERGATE_ACTOR_FAILED", message, { cause });
  }
}

/** Left to right, up to one that fails: the next decision holds it and those after it. */
function startAll(cells: readonly Cell[], marks: readonly number[]): void {
  for (const [at, cell] of cells.entries()) {
    // Meanwhile ended, or halted once more and waiting for a later start.
    const superseded = cell.state !== "waiting" || cell.incarnation !== marks[at];
    if (!superseded && !cell.start()) return;
  }
}
