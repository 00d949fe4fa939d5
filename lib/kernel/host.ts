import type { Clock } from "../base/clock.ts";
import type { Cell } from "./cell.ts";
import type { Questions } from "./questions.ts";
import type { Down, Fate, Ref } from "./ref.ts";
import type { Trace } from "./trace.ts";

/** What a cell needs of its system. */
export interface Host {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly questions: Questions;
  /** Dead letters so far. */
  readonly dead: Record<Fate, number>;
  /** From here nothing is restarted. */
  readonly closing: boolean;
  /** Puts a cell into the run queue. */
  schedule(cell: Cell): void;
  /** Makes a cell known by its ref, so that it can be watched. */
  started(cell: Cell): void;
  ended(cell: Cell, down: Down): void;
  cellOf(ref: Ref<never>): Cell;
}
