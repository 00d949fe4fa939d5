import type { StatsView } from "../client/client.ts";
import type { QueueRow, StoreHealth, WorkerRow } from "../protocol/query.ts";
import { counted } from "./text.ts";

/** Something that `doctor` found: an error is wrong now, a warning may be meant. */
export interface Finding {
  level: "error" | "warning";
  text: string;
  code?: string | undefined;
}

interface Examined {
  health: StoreHealth;
  counts: StatsView["counts"];
  workers: readonly WorkerRow[];
  queues: readonly QueueRow[];
}

export function findingsOf({ health, counts, workers, queues }: Examined): Finding[] {
  return [
    ...health.problems.map((text) => error(`integrity: ${text}`)),
    ...durabilityFindings(health),
    ...workerFindings(workers),
    ...queues.flatMap(queueFindings),
    ...(counts.dead === 0 ? [] : [warning(`${counted(counts.dead, "job")} dead`)]),
  ];
}

function durabilityFindings({ durability }: StoreHealth): Finding[] {
  if (durability === "fsync") return [];
  return [warning(`durability is ${durability}: a power cut may lose what was acknowledged`)];
}

/** A dead worker's jobs run again as soon as any process serves the file: until then they hang. */
function workerFindings(workers: readonly WorkerRow[]): Finding[] {
  const served = workers.some(({ alive }) => alive !== false);
  return workers
    .filter(({ alive, running }) => alive === false && running > 0)
    .map(({ pid, host, running }) => {
      const text = `process ${pid} on ${host} died with ${counted(running, "job")} running`;
      return served ? warning(text) : error(`${text}, and no process serves the file`);
    });
}

function queueFindings({ name, pausedAt, counts }: QueueRow): Finding[] {
  if (pausedAt === undefined || counts.available === 0) return [];
  return [warning(`queue ${name} is paused with ${counted(counts.available, "job")} available`)];
}

function error(text: string): Finding {
  return { level: "error", text };
}

function warning(text: string): Finding {
  return { level: "warning", text };
}
