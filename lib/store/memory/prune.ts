import { limits } from "../../base/limits.ts";
import type { JobId } from "../../job/job.ts";
import { type FinalState, finalStates } from "../../job/state.ts";
import type { Retention } from "../../protocol/retention.ts";
import type { WriteAnswers } from "../../protocol/write.ts";
import { pruneBus } from "../bus.ts";
import { pruneHooks } from "../hooks.ts";
import { busStore } from "./bus.ts";
import { compare, placeOf } from "./finals.ts";
import { hookStore } from "./hooks.ts";
import { forgetLocks } from "./leases.ts";
import type { Row } from "./row.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

/** What gives way first when the bytes are too many: what ended well. */
const bytesOrder: readonly (readonly FinalState[])[] = [
  ["completed", "stopped"],
  ["cancelled"],
  ["dead"],
];

/**
 * Deletes final jobs past their age, then past their count, then the oldest past the bytes; then
 * unique keys whose period is over, events of hooks that died long ago, records of runs, locks
 * that are free for long, messages, and schedules that ended long ago.
 */
export function prune(
  session: Session,
  retention: Retention,
  now: number,
  limit: number,
): WriteAnswers["prune"] {
  const { table } = session;
  const deleted: JobId[] = [];
  const dropWhile = (states: readonly FinalState[], surplus: (row: Row) => boolean) => {
    let row = oldestOf(table, states);
    while (row !== undefined && deleted.length < limit && surplus(row)) {
      table.delete(row);
      deleted.push(row.id);
      row = oldestOf(table, states);
    }
  };
  for (const state of finalStates) {
    dropWhile([state], (row) => (row.finishedAt ?? 0) < now - retention.ageMs[state]);
  }
  for (const state of finalStates) {
    dropWhile([state], () => table.finals[state].size > retention.count[state]);
  }
  for (const states of bytesOrder) {
    dropWhile(states, () => table.finalBytes > retention.bytes);
  }
  const expired = table.keys.expire(now, limit - deleted.length);
  const untold = pruneHooks(hookStore(table), now, Math.max(0, limit - deleted.length - expired));
  const left = limit - deleted.length - expired - untold;
  const { ageMs, count } = retention.runs;
  const forgotten = table.runs.prune(now - ageMs, count, left);
  forgetLocks(table, now);
  const messages = pruneBus(busStore(session), now);
  const { finalBytes, finals } = table;
  const ended = table.schedules.prune(now - limits.scheduleEndedMs, left - forgotten);
  const more = left - forgotten - ended <= 0 || messages >= limits.busPruneRows;
  return { deleted, more, finalBytes, dead: finals.dead.size };
}

function oldestOf(table: Table, states: readonly FinalState[]): Row | undefined {
  const oldest = states.flatMap((state) => table.finals[state].oldest() ?? []);
  return oldest.sort((one, other) => compare(placeOf(one), placeOf(other)))[0];
}
