import type { Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { redacted } from "../job/redact.ts";
import type { SlotRow, WorkerIdentity, WorkerRow } from "../protocol/worker.ts";
import type { LocalParts } from "./parts.ts";

/** A process that runs jobs of the file, or died and was not noticed yet. */
export interface Worker extends Omit<WorkerRow, "leaseUntil" | "slots"> {
  /**
   * Healthy while its lock is held. Where no lock can be probed: as long as it was heard of within
   * 10 s.
   */
  status: "healthy" | "dead";
  /** When it last renewed its lease; it does so each 5 s while it holds jobs. */
  heartbeatAt: number;
  /** Its runs, the longest first, 100 at most: `busy` counts all. */
  slots: readonly Slot[];
}

/** One run of a worker. */
export interface Slot extends Omit<SlotRow, "args" | "redact"> {
  /**
   * What the job's `redact` names is hidden. Undefined where they are larger than 16 KiB, or the
   * job is deleted.
   */
  args: Json | undefined;
}

export async function listWorkers({ clock, read }: LocalParts): Promise<Worker[]> {
  const rows = await read({ type: "workers" });
  return rows.map((row) => workerOf(row, clock.now()));
}

function workerOf(row: WorkerRow, now: number): Worker {
  const { leaseUntil, slots, ...worker } = row;
  return {
    ...worker,
    status: statusOf(row, now),
    heartbeatAt: leaseUntil - limits.leaseMs,
    slots: slots.map(slotOf),
  };
}

/** Its lock decides; where that can't be probed, its silence. */
export function statusOf(
  { alive, leaseUntil }: Pick<WorkerIdentity, "alive" | "leaseUntil">,
  now: number,
): Worker["status"] {
  const silentMs = now - (leaseUntil - limits.leaseMs);
  return (alive ?? silentMs <= limits.workerSilentMs) ? "healthy" : "dead";
}

function slotOf({ args, redact, ...slot }: SlotRow): Slot {
  return { ...slot, args: args === undefined ? undefined : shown(args, redact) };
}

/** What is no JSON, edited by hand perhaps, could hold what is to be hidden. */
function shown(args: string, redact: readonly string[]): Json {
  try {
    return redacted(JSON.parse(args) as Json, redact);
  } catch {
    return redact.length === 0 ? args : "[redacted]";
  }
}
