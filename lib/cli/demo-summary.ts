import { relative } from "node:path";
import type { StatsView } from "../client/client.ts";
import type { CurrentRun, RunResult } from "./demo-run.ts";
import type { DemoTarget } from "./demo-target.ts";
import type { Paint } from "./out.ts";
import { facts } from "./table.ts";
import { bytesText, counted, msText, oneLine } from "./text.ts";

/** The demo's answer. Rates and run times are of this process, the rest of the whole run. */
export interface Summary extends RunResult {
  run: string;
  resumed: number;
  out: string;
  db: string;
  seconds: number;
  /** Files that this process hashed. */
  hashed: number;
  jobsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  retries: number;
}

export function summaryOf(
  run: CurrentRun,
  target: DemoTarget,
  result: RunResult,
  stats: StatsView["byName"][string] | undefined,
  elapsedMs: number,
): Summary {
  const hashed = stats?.counts.completed ?? 0;
  return {
    run: run.id,
    resumed: run.resumed,
    out: target.out,
    db: target.db,
    ...result,
    seconds: Math.round(elapsedMs) / 1000,
    hashed,
    jobsPerSecond: Math.round((hashed * 1000) / Math.max(1, elapsedMs)),
    p50Ms: stats?.runMs.p50 ?? 0,
    p99Ms: stats?.runMs.p99 ?? 0,
    retries: stats?.counts.failed ?? 0,
  };
}

export function summaryText(paint: Paint, summary: Summary, start: string): string {
  const { files, bytes, failed, failures, resumed, seconds, retries } = summary;
  const rows = facts(paint, [
    ["files", `${files}, ${bytesText(bytes)}`],
    ["time", `${seconds.toFixed(2)} s, ${summary.jobsPerSecond} jobs/s`],
    ["a run", `p50 ${msText(summary.p50Ms)}, p99 ${msText(summary.p99Ms)}`],
    ["retries", String(retries)],
    ["resumed", resumed === 0 ? undefined : `${counted(resumed, "file")} were done before`],
    ["failed", failed === 0 ? undefined : paint("red", String(failed))],
    ["sums", relative(start, summary.out) || summary.out],
  ]);
  const lines = failures.map(({ path, reason }) => `  ${oneLine(path)}: ${oneLine(reason)}`);
  const more = failed > failures.length ? [`  and ${failed - failures.length} more`] : [];
  return [rows, ...lines, ...more].join("\n");
}
