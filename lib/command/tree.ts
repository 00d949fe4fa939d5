import type { ProcessRow } from "./process-table.ts";

/**
 * The processes of one run: its program, what stands in the program's group or session, what has
 * the run's mark, and what these started. Once seen, a process belongs to it until its end.
 */
export class ProcessTree {
  readonly runId: string;
  /** The program, which leads a group and a session of its own. */
  readonly leader: number;
  /** Once it was waited for its pid may be another's, and says nothing any more. */
  #isLeaderGone = false;
  #seen = new Map<number, number>();

  constructor(runId: string, leader: number) {
    this.runId = runId;
    this.leader = leader;
  }

  leaderIsGone(): void {
    this.#isLeaderGone = true;
  }

  /** Its members of all processes. */
  of(rows: readonly ProcessRow[]): ProcessRow[] {
    const members = withDescendants(rows, (row) => this.#isMember(row));
    this.#seen = new Map(members.map(({ pid, start }) => [pid, start]));
    return members;
  }

  #isMember(row: ProcessRow): boolean {
    if (row.mark === this.runId || this.#seen.get(row.pid) === row.start) return true;
    return !this.#isLeaderGone && (row.group === this.leader || row.session === this.leader);
  }
}

/** The chosen rows and all that descends from them; never this process itself. */
export function withDescendants(
  rows: readonly ProcessRow[],
  isChosen: (row: ProcessRow) => boolean,
): ProcessRow[] {
  const children = new Map<number, ProcessRow[]>();
  for (const row of rows) {
    const siblings = children.get(row.parent);
    if (siblings === undefined) children.set(row.parent, [row]);
    else siblings.push(row);
  }
  const found = new Map<number, ProcessRow>();
  const add = (row: ProcessRow) => row.pid !== process.pid && found.set(row.pid, row);
  for (const row of rows) if (isChosen(row)) add(row);
  // A map's iteration meets what is added meanwhile.
  for (const pid of found.keys()) for (const child of children.get(pid) ?? []) add(child);
  return [...found.values()];
}
