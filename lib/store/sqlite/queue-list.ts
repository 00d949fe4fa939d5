import { jobStates } from "../../job/state.ts";
import type { QueueRow } from "../../protocol/query.ts";
import { type HeldLane, heldOf } from "../held.ts";
import type { QueueState } from "../queue-state.ts";
import { type Lane, noCounts } from "./book.ts";
import { stateOfQueue } from "./queuerow.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import type { Row } from "./session.ts";
import { inOrder, type NextRow } from "./taking.ts";

/** What the rows of all queues are made of. */
interface Facts {
  lanes: readonly (HeldLane & { lane: Lane; next: NextRow | undefined })[];
  /** Names that some worker runs. */
  known: ReadonlySet<string>;
  limited: ReadonlyMap<string, number>;
}

export function queueRows(reader: Reader): QueueRow[] {
  const facts = factsOf(reader);
  const rows = reader.sql(read.queues).all(reader.namespace) as Row[];
  return rows.map((row) => queueRow(facts, stateOfQueue(row)));
}

function factsOf(reader: Reader): Facts {
  const rowsOf = (text: string) => reader.sql(text).all(reader.namespace) as Row[];
  const workers = rowsOf(read.workers).flatMap((row) => JSON.parse(String(row.jobs)) as string[]);
  const limited = rowsOf(read.limitedJobs);
  return {
    lanes: reader.lanes().map((lane) => ({
      ...{ lane, name: lane.name, available: lane.counts.available },
      lingering: lingeringIn(reader, lane),
      next: nextIn(reader, lane),
    })),
    known: new Set(workers),
    limited: new Map(limited.map((row) => [String(row.name), Number(row.concurrency)])),
  };
}

/** The head of a lane: one step into its index. */
function nextIn(reader: Reader, { key, counts }: Lane): NextRow | undefined {
  if (counts.available === 0) return undefined;
  return reader.sql(read.peekLane).get(key, 1) as NextRow | undefined;
}

function lingeringIn(reader: Reader, { key }: Lane): number {
  return (reader.sql(read.lingeringInLane).get(key) as { lingering: number }).lingering;
}

function queueRow({ lanes, known, limited }: Facts, state: QueueState): QueueRow {
  const { name, settings, pausedAt, pausedUntil } = state;
  const own = lanes.filter(({ lane }) => lane.queue === name);
  const counts = noCounts();
  for (const { lane } of own) for (const each of jobStates) counts[each] += lane.counts[each];
  const sum = (of: readonly HeldLane[], key: "available" | "lingering") =>
    of.reduce((total, lane) => total + lane[key], 0);
  return {
    ...{ name, pausedAt, pausedUntil, ...settings, counts },
    waitingSince: own.flatMap(({ next }) => next ?? []).sort(inOrder)[0]?.run_at,
    jobs: own.map((lane) => lane.name).sort(),
    lingering: sum(own, "lingering"),
    held: heldOf(settings, own, {
      concurrency: (job) => limited.get(job),
      lingering: (job) =>
        sum(
          lanes.filter((lane) => lane.name === job),
          "lingering",
        ),
    }),
    unroutable: sum(
      own.filter((lane) => !known.has(lane.name)),
      "available",
    ),
  };
}
