/**
 * What an error of an HTTP client says of when to come back, as its server put it:
 * `error.retryAfter` (seconds, an HTTP date or a Date), else the header `Retry-After` in
 * `error.headers` or `error.response.headers`, a Headers or a plain object of any case. Undefined
 * where it says nothing readable; never throws.
 */
export function retryAfterOf(thrown: unknown): number | string | undefined {
  try {
    const error = thrown as { retryAfter?: unknown; headers?: unknown; response?: unknown } | null;
    const { headers } = (error?.response ?? {}) as { headers?: unknown };
    const found = [error?.retryAfter, headerOf(error?.headers), headerOf(headers)].map(plain);
    return found.find((value) => value !== undefined);
  } catch {
    return undefined;
  }
}

/** Milliseconds from `now` until then; 0 for what is past. Undefined where it can't be read. */
export function retryAfterMs(thrown: unknown, now: number): number | undefined {
  const value = retryAfterOf(thrown);
  if (value === undefined) return undefined;
  const seconds = Number(value);
  return Math.max(0, Number.isNaN(seconds) ? dateMs(String(value)) - now : seconds * 1000);
}

function headerOf(headers: unknown): unknown {
  if (typeof headers !== "object" || headers === null) return undefined;
  if ("get" in headers && typeof headers.get === "function") return headers.get("retry-after");
  const own = Object.entries(headers).find(([name]) => name.toLowerCase() === "retry-after");
  const value: unknown = own?.[1];
  return Array.isArray(value) ? value[0] : value;
}

/** Seconds or a date of one of HTTP's three forms; nothing else is taken for a wait. */
function plain(value: unknown): number | string | undefined {
  if (value instanceof Date) return plain(Number.isNaN(value.getTime()) ? "" : value.toUTCString());
  if (typeof value === "number") return value >= 0 && Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  return /^[A-Z][a-z]{2,8},? /.test(text) && !Number.isNaN(dateMs(text)) ? text : undefined;
}

/** All of HTTP's dates are in GMT, also the old form that doesn't say so. */
function dateMs(text: string): number {
  return Date.parse(/GMT$|UTC$/.test(text) ? text : `${text} GMT`);
}
