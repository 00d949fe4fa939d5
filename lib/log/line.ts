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

/**
 * The text within `bytesMax` bytes of UTF-8: past them it is cut, and a marker says what it was.
 */
export function cutLine(text: string, bytesMax: number): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= bytesMax) return text;
  const marker = ` … [cut: the line had ${bytes} bytes]`;
  const room = Math.max(0, bytesMax - Buffer.byteLength(marker));
  // A character has at least one byte: the slice spares encoding the rest of a huge text.
  const head = Buffer.from(text.slice(0, room + 1));
  return head.toString("utf8", 0, characterStart(head, room)) + marker;
}

/** Lone surrogates have no UTF-8: the database would hand back a text of another length. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** The start of the character that the byte at `at` belongs to. */
function characterStart(text: Buffer, at: number): number {
  let start = at;
  while (start > 0 && ((text[start] as number) & 0xc0) === 0x80) start--;
  return start;
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
