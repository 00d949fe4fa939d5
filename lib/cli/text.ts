import { durationMs } from "../base/duration.ts";
import type { JobState } from "../job/state.ts";
import type { Style } from "./out.ts";

/** How figures and times read for people. */

export function timeText(ms: number | undefined): string {
  if (ms === undefined) return "-";
  const at = new Date(ms);
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export function bytesText(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (value < 1024) return `${unit === "B" ? value : value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)} TiB`;
}

export function msText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

/** As options take it: `90s`, `5m`. */
export function durationText(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    const unitMs = durationMs(`1${unit}`, unit);
    if (ms > 0 && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms}ms`;
}

/** `1 job`, `2 jobs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const stateStyles: Readonly<Record<JobState, Style>> = {
  scheduled: "cyan",
  available: "cyan",
  running: "bold",
  retryable: "yellow",
  completed: "green",
  stopped: "dim",
  cancelled: "yellow",
  dead: "red",
};

export function stateStyle(state: JobState): Style {
  return stateStyles[state];
}

/** Characters that would move the cursor or start a line are shown as JSON shows them. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
