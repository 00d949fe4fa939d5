import { limits } from "../base/limits.ts";
import { type Fields, optionError } from "./fields.ts";
import type { JobMeta } from "./job.ts";

/** A job's meta as JSON text; undefined where it has none. Throws ERR_ERGATE_OPTION. */
export function metaTextOf(fields: Fields): string | undefined {
  const meta = fields.raw("meta");
  if (meta === undefined) return undefined;
  const entries = typeof meta === "object" && meta !== null ? Object.entries(meta) : undefined;
  const sound =
    entries !== undefined &&
    !Array.isArray(meta) &&
    entries.length <= limits.metaTexts &&
    entries.every(([key, text]) => key !== "" && typeof text === "string");
  const text = sound ? JSON.stringify(Object.fromEntries(entries)) : "";
  if (!sound || Buffer.byteLength(text) > limits.metaBytes) {
    const problem = `must be at most ${limits.metaTexts} texts by name, ${limits.metaBytes} bytes`;
    throw optionError(fields.at("meta"), problem);
  }
  return entries.length === 0 ? undefined : text;
}

const none: JobMeta = Object.freeze({});

/** What was stored; what was edited by hand into something else is none, and hides no job. */
export function metaOf(text: string | undefined): JobMeta {
  if (text === undefined) return none;
  try {
    const meta: unknown = JSON.parse(text);
    return typeof meta === "object" && meta !== null ? (meta as JobMeta) : none;
  } catch {
    return none;
  }
}
