import type { Clock } from "../base/clock.ts";

/** One process of the system at one look. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Where the system tells it. */
  readonly session: number | undefined;
  /**
   * With the pid, this process alone: a number that grows with the time of its start. On Linux
   * ticks since boot, elsewhere milliseconds since the epoch, in whole seconds.
   */
  readonly start: number;
  /** Of the run that started it or what started it in turn, where the system tells it. */
  readonly mark: string | undefined;
  /** With what it waited for. 0 where the system doesn't tell it. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** Looks at the system's processes. What has ended but was not waited for is left out. */
export interface ProcessTable {
  /** Whether rows have marks, sessions and usage. */
  readonly isFull: boolean;
  /** `fresh`: every mark is read again, not only of processes that the last look didn't meet. */
  rows(fresh?: boolean): Promise<ProcessRow[]>;
  /** Signals that very process: false when it is gone, or its pid is another's by now. */
  signal(row: ProcessRow, name: NodeJS.Signals): boolean;
  /** Its command line, shortened; empty when it is gone. */
  commandOf(row: ProcessRow): string;
}

/** Resolves `ms` later. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** Sends a signal to a process, or for −pid to its group. False when there is none to take it. */
export function signalTo(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
