import { ErgateError } from "../base/error.ts";

/** robfig's `@every 1h30m`: a Go duration, in whole seconds, and one at least. */

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const part = "(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|μs|ms|s|m|h)";
const form = new RegExp(`^@every \\+?((?:${part})+)$`);
const parts = new RegExp(part, "g");
/** Go's longest duration, 2⁶³ ns. */
const everyMsMax = 2 ** 63 / 1e6;

export function isEvery(expression: string): boolean {
  return expression.startsWith("@every");
}

/** Throws ERR_ERGATE_SCHEDULE with `path`. */
export function parseEvery(expression: string, path: string): number {
  const [, text = ""] = form.exec(expression) ?? [];
  let ms = 0;
  for (const [, number, unit] of text.matchAll(parts)) {
    ms += Number(number) * (unitMs[unit as string] as number);
  }
  if (text !== "" && ms <= everyMsMax) return Math.max(1, Math.floor(ms / 1_000)) * 1_000;
  const shown = JSON.stringify(expression.slice(0, 60));
  const problem = 'an interval is such as "@every 1h30m", column 8';
  throw new ErgateError("ERR_ERGATE_SCHEDULE", `${path} ${shown}: ${problem}`, { path });
}
