import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { type ProcessRow, type ProcessTable, pause } from "./process-table.ts";

/** What is to be ended. */
export interface KillTarget {
  /** Its processes that live. */
  members(): Promise<ProcessRow[]>;
  /** TERM to those that have not got it yet. */
  ask(members: readonly ProcessRow[]): void;
  /** When the grace ends, by the monotonic clock: may come nearer while it is waited for. */
  graceEnd(): number;
  /** KILL to all. */
  force(members: readonly ProcessRow[]): void;
}

/**
 * Ends processes: TERM, and once the grace is over KILL, again and again while there are new ones.
 * Resolves with what is left: nothing, but for processes that no signal reaches.
 */
export async function endProcesses(target: KillTarget, clock: Clock): Promise<ProcessRow[]> {
  const members = await target.members();
  target.ask(members);
  const left = await untilGone(target, clock, members, target.graceEnd);
  if (left.length === 0) return left;
  const killEnd = clock.monotonic() + limits.commandKillMs;
  target.force(left);
  return untilGone(target, clock, left, () => killEnd, target.force);
}

/** Each is told by its pid and start right before its signal: a pid may be another's by now. */
export function signalAll(
  table: ProcessTable,
  rows: readonly ProcessRow[],
  ...names: readonly NodeJS.Signals[]
): void {
  for (const name of names) for (const row of rows) table.signal(row, name);
}

/** A stopped process takes its TERM when it goes on. */
export const asking: readonly NodeJS.Signals[] = ["SIGTERM", "SIGCONT"];

/**
 * Looks often at first: most programs end at once. Nothing is left when two looks in a row say so:
 * what is in the middle of an exec shows one of them neither its mark nor, perhaps, its parent.
 */
async function untilGone(
  target: KillTarget,
  clock: Clock,
  rows: ProcessRow[],
  endOf: () => number,
  again?: (rows: readonly ProcessRow[]) => void,
): Promise<ProcessRow[]> {
  let waitMs: number = limits.commandLookMs;
  let left = rows;
  for (let empty = 0; empty < 2; ) {
    const remainingMs = endOf() - clock.monotonic();
    if (remainingMs <= 0) return left;
    const nextMs = left.length === 0 ? limits.commandLookMs : waitMs;
    await pause(clock, Math.min(nextMs, remainingMs));
    waitMs = Math.min(waitMs * 2, limits.commandLookMsMax);
    left = await target.members();
    empty = left.length === 0 ? empty + 1 : 0;
    again?.(left);
  }
  return left;
}
