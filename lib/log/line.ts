import type { LogLevel } from "../job/context.ts";

/** Where a line came from: `ctx.log`, a command's two pipes, or Ergate itself. */
export type LogStream = "log" | "stdout" | "stderr" | "runtime";

/** One line that a run wrote, as users read it. Its text may hold line ends (a stack does). */
export interface LogLine {
  /** Milliseconds since the epoch. */
  at: number;
  attempt: number;
  stream: LogStream;
  level: LogLevel;
  text: string;
}

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Whether a line of `level` is kept where `least` is the configured level. */
export function reaches(level: LogLevel, least: LogLevel): boolean {
  return rank[level] >= rank[least];
}

/**
 * A line's text: values are appended as JSON, an error as its stack, what JSON can't say as
 * `String` does. Never throws.
 */
export function lineText(text: unknown, values: readonly unknown[]): string {
  let line = typeof text === "string" ? text : shown(text);
  for (const value of values) line += ` ${shown(value)}`;
  return line;
}

/** Lone surrogates have no UTF-8: the database would hand back a text of another length. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function shown(value: unknown): string {
  try {
    if (value instanceof Error) return value.stack ?? String(value);
    return jsonOf(value) ?? String(value);
  } catch {
    return "[unprintable]";
  }
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
