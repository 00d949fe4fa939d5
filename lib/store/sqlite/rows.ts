import type { Row } from "./session.ts";

/** The SQL parameter for a list of row numbers or ids: a JSON array. */
export function list(values: readonly (number | string)[]): string {
  return JSON.stringify(values);
}

/** A row as the writes need it before they move it. */
export interface MoveRow {
  seq: number;
  id: string;
  lane: number;
  state: string;
  attempt: number;
  fence: number;
  owner: number | null;
  run_at: number;
  started_at: number | null;
  ask: "stop" | "cancel" | null;
  reason: string | null;
  suspect: number;
  crashes: number;
  crashed_at: number | null;
  unique_key: string | null;
  /** When its key's period is over, where it has one. */
  unique_until: "done" | "started" | number | null;
  /** 1: a run of it is on record. */
  planned: number;
  /** 1: it has a status hook. */
  hooked: number;
  bytes: number;
}

export function optional(value: Row[string] | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

export function optionalText(value: Row[string] | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

/** A list of texts; what was edited by hand into something else is none, and hides no job. */
export function textsOf(text: string | null | undefined): readonly string[] {
  try {
    const texts: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(texts) ? texts : [];
  } catch {
    return [];
  }
}
