import { ErgateError } from "../base/error.ts";

/** A place between two lines of a job: before line `line` of chunk `no`. */
export interface LogPlace {
  readonly no: number;
  readonly line: number;
}

export const logStart: LogPlace = { no: 0, line: 0 };

const form = /^([0-9a-z]{1,10})-([0-9a-z]{1,8})$/;

export function cursorOf(place: LogPlace): string {
  return `${place.no.toString(36)}-${place.line.toString(36)}`;
}

/**
 * The place that a cursor stands for. Throws ERR_ERGATE_CURSOR for text that no read handed out.
 */
export function placeOf(cursor: string | undefined): LogPlace {
  if (cursor === undefined) return logStart;
  const match = typeof cursor === "string" ? form.exec(cursor) : null;
  if (match === null) {
    throw new ErgateError(
      "ERR_ERGATE_CURSOR",
      "the cursor is not one that reading a log returned",
      {
        path: "cursor",
      },
    );
  }
  return {
    no: Number.parseInt(match[1] as string, 36),
    line: Number.parseInt(match[2] as string, 36),
  };
}
