import { ErgateError } from "./error.ts";

/** Milliseconds, or text such as `"250ms" "90s" "5m" "2h" "1d"`. */
export type Duration = number | string;

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const form = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;
/** A thousand years: past it a sum with a date leaves what JavaScript's dates can say. */
const durationMsMax = 1000 * 365 * 86_400_000;

/** A duration in whole milliseconds. Throws ERR_ERGATE_DURATION with `path` for anything else. */
export function durationMs(value: unknown, path: string): number {
  const ms = typeof value === "number" ? value : textMs(value);
  if (!Number.isFinite(ms) || ms < 0 || ms > durationMsMax) {
    const accepted = 'a duration is milliseconds or text such as "90s", "5m", "2h", "1d"';
    const message = `${path} is ${shown(value)}: ${accepted}`;
    throw new ErgateError("ERR_ERGATE_DURATION", message, { path });
  }
  return Math.round(ms);
}

function textMs(value: unknown): number {
  const match = typeof value === "string" ? form.exec(value.trim()) : null;
  return match ? Number(match[1]) * (unitMs[match[2] as string] as number) : Number.NaN;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
}
