import { ErgateError } from "../base/error.ts";

/** Bytes `from` to before `until` of `total`. */
export interface ByteRange {
  from: number;
  until: number;
  total: number;
}

/**
 * What a `Range` header asks of a text of so many bytes (RFC 9110, 14.1.2); undefined for what is
 * not one range of bytes: such a header is passed over. Throws ERR_ERGATE_HTTP_RANGE for one that
 * begins past the end.
 */
export function rangeOf(header: string, total: number): ByteRange | undefined {
  const [, first = "", last = ""] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header) ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") return checked(Math.max(0, total - Number(last)), total, total);
  if (last !== "" && Number(last) < Number(first)) return undefined;
  return checked(Number(first), last === "" ? total : Math.min(Number(last) + 1, total), total);
}

function checked(from: number, until: number, total: number): ByteRange {
  if (from < total) return { from, until, total };
  throw new RangePastEnd(from, total);
}

/** Its answer says how many bytes there are. */
export class RangePastEnd extends ErgateError {
  readonly total: number;

  constructor(from: number, total: number) {
    const message = `the range begins at byte ${from}, and there are ${total}`;
    super("ERR_ERGATE_HTTP_RANGE", message, { path: "Range" });
    this.total = total;
  }
}
