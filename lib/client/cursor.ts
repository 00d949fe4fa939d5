import { ErgateError } from "../base/error.ts";

/** Where a subscriber of events stands: final states up to this time and row number were seen. */
export interface EventPlace {
  at: number;
  seq: number;
}

export function encodeCursor(at: number, seq: number): string {
  return `${at.toString(36)}-${seq.toString(36)}`;
}

/** Throws ERR_ERGATE_CURSOR for text that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): EventPlace {
  const match = /^([0-9a-z]+)-([0-9a-z]+)$/.exec(cursor);
  const at = Number.parseInt(match?.[1] ?? "", 36);
  const seq = Number.parseInt(match?.[2] ?? "", 36);
  if (Number.isSafeInteger(at) && Number.isSafeInteger(seq)) return { at, seq };
  const message = "since: not the cursor of an event";
  throw new ErgateError("ERR_ERGATE_CURSOR", message, { path: "since" });
}
