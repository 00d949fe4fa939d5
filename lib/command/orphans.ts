import type { Clock } from "../base/clock.ts";
import { asking, endProcesses, signalAll } from "./kill.ts";
import type { ProcessRow, ProcessTable } from "./process-table.ts";
import { withDescendants } from "./tree.ts";

/** What a started run is found by later, when its runtime is gone: kept by whoever starts it. */
export interface CommandMark {
  readonly runId: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** A process that an earlier runtime left behind. */
export interface Orphan {
  readonly runId: string;
  readonly pid: number;
  readonly command: string;
}

/** `ps` tells a start in whole seconds, and the host noted it some time after. */
const startSlackMs = 2_000;

/**
 * What is left of the runs, which must not be running here or in another process that lives. On
 * Linux found by the mark in each process's environment, elsewhere by the group of a leader that
 * started when the run did: a leader that is gone, or whose pid is another's, hides its group.
 */
export async function findOrphans(
  marks: readonly CommandMark[],
  table: ProcessTable,
): Promise<Orphan[]> {
  const found = orphanRows(marks, await table.rows(true), table.isFull);
  return [...found].map(([row, runId]) => ({
    runId,
    pid: row.pid,
    command: table.commandOf(row),
  }));
}

/** Ends what is left of the runs: TERM, grace, KILL. Resolves with what it found, once it ended. */
export async function endOrphans(
  marks: readonly CommandMark[],
  graceMs: number,
  table: ProcessTable,
  clock: Clock,
): Promise<{ ended: Orphan[]; left: number }> {
  const ended = await findOrphans(marks, table);
  if (ended.length === 0) return { ended, left: 0 };
  const graceEnd = clock.monotonic() + graceMs;
  const left = await endProcesses(
    {
      members: membersOf(marks, table),
      ask: (rows) => signalAll(table, rows, ...asking),
      graceEnd: () => graceEnd,
      force: (rows) => signalAll(table, rows, "SIGKILL"),
    },
    clock,
  );
  return { ended, left: left.length };
}

/** What was seen once stays a member: without its leader a group says nothing any more. */
function membersOf(
  marks: readonly CommandMark[],
  table: ProcessTable,
): () => Promise<ProcessRow[]> {
  let seen = new Map<number, number>();
  return async () => {
    const rows = await table.rows();
    const found = orphanRows(marks, rows, table.isFull);
    const members = rows.filter((row) => found.has(row) || seen.get(row.pid) === row.start);
    seen = new Map(members.map(({ pid, start }) => [pid, start]));
    return members;
  };
}

function orphanRows(
  marks: readonly CommandMark[],
  rows: readonly ProcessRow[],
  isFull: boolean,
): Map<ProcessRow, string> {
  const found = new Map<ProcessRow, string>();
  const own = ancestors(rows);
  for (const mark of marks) {
    const isLeft = isFull ? byMark(mark) : byGroup(mark, rows);
    for (const row of withDescendants(rows, isLeft)) {
      if (!own.has(row.pid) && !found.has(row)) found.set(row, mark.runId);
    }
  }
  return found;
}

function byMark({ runId }: CommandMark): (row: ProcessRow) => boolean {
  return ({ mark }) => mark === runId;
}

function byGroup(mark: CommandMark, rows: readonly ProcessRow[]): (row: ProcessRow) => boolean {
  const leader = rows.find(({ pid }) => pid === mark.pid);
  const isSame = leader !== undefined && Math.abs(leader.start - mark.startedAt) <= startSlackMs;
  return ({ group }) => isSame && group === mark.pid;
}

/** A runtime that a command of another one started must not end itself. */
function ancestors(rows: readonly ProcessRow[]): Set<number> {
  const parents = new Map(rows.map(({ pid, parent }) => [pid, parent]));
  const own = new Set<number>();
  for (let pid: number | undefined = process.pid; pid !== undefined && !own.has(pid); ) {
    own.add(pid);
    pid = parents.get(pid);
  }
  return own;
}
