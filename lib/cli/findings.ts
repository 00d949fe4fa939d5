import type { StatsView } from "../client/client.ts";
import type { Worker } from "../client/workers.ts";
import type { QueueRow, StoreHealth } from "../protocol/query.ts";
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
  workers: readonly Worker[];
  queues: readonly QueueRow[];
}

export function findingsOf({ health, counts, workers, queues }: Examined): Finding[] {
  return [
    ...health.problems.map((text) => error(`integrity: ${text}`)),
    ...durabilityFindings(health),
    ...workerFindings(workers),
    ...queues.flatMap((queue) => queueFindings(queue, workers)),
    ...(counts.dead === 0 ? [] : [warning(`${counted(counts.dead, "job")} dead`)]),
  ];
}

function durabilityFindings({ durability }: StoreHealth): Finding[] {
  if (durability === "fsync") return [];
  return [warning(`durability is ${durability}: a power cut may lose what was acknowledged`)];
}

/** A dead worker's jobs run again as soon as any process serves the file: until then they hang. */
function workerFindings(workers: readonly Worker[]): Finding[] {
  const served = workers.some(({ status }) => status === "healthy");
  return workers
    .filter(({ status, running }) => status === "dead" && running > 0)
    .map(({ pid, host, running }) => {
      const text = `process ${pid} on ${host} died with ${counted(running, "job")} running`;
      return served ? warning(text) : error(`${text}, and no process serves the file`);
    });
}

function queueFindings(queue: QueueRow, workers: readonly Worker[]): Finding[] {
  const { name, pausedAt, counts, unroutable } = queue;
  const findings: Finding[] = [];
  if (pausedAt !== undefined && counts.available > 0) {
    const text = `queue ${name} is paused with ${counted(counts.available, "job")} available`;
    findings.push(warning(text));
  }
  // With no worker alive every name is unknown: that is no finding of its own.
  if (unroutable > 0 && workers.some(({ status }) => status === "healthy")) {
    const text = `queue ${name} has ${counted(unroutable, "job")} whose name no worker knows`;
    findings.push(warning(text));
  }
  return findings;
}

function error(text: string): Finding {
  return { level: "error", text };
}

function warning(text: string): Finding {
  return { level: "warning", text };
}
