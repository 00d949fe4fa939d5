import type { CeasedRun } from "../../protocol/write.ts";
import type { Row } from "./row.ts";
import type { Table } from "./table.ts";

/** A run whose job goes on without it keeps its place in the limits until it is over. */
export function linger(table: Table, { queue, name, owner = 0, seq, fence }: Row): void {
  table.lingering.push({ queue, name, owner, seq, fence });
}

/** Runs of a worker that lingered and are over now. */
export function cease(table: Table, owner: number | undefined, runs: readonly CeasedRun[]): void {
  for (const run of runs) {
    const at = table.lingering.findIndex(
      (one) => one.owner === owner && one.seq === run.seq && one.fence === run.fence,
    );
    if (at < 0) continue;
    table.lingering.splice(at, 1);
    table.changes++;
  }
}

/** The worker is gone, and with it all that it ran. */
export function ceaseAll(table: Table, owner: number): void {
  for (let at = table.lingering.length - 1; at >= 0; at--) {
    if (table.lingering[at]?.owner === owner) table.lingering.splice(at, 1);
  }
}
