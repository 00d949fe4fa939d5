import { ErgateError, type ErrorCode, errorCodes } from "../../base/error.ts";

/** The JSON of an answer, undefined where it has none. Throws what `faultOf` makes of a refusal. */
export async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw faultOf(text, response.status);
  if (text === "") return undefined;
  const parsed = parse(text);
  if (parsed === undefined) throw foreign(`the answer is no JSON: ${text.slice(0, 100)}`);
  return parsed.value;
}

/** The error that the server tells, as it would be thrown in its process. */
export function faultOf(text: string, status: number): ErgateError {
  const body = parse(text)?.value as Partial<Record<string, unknown>> | null | undefined;
  const { err, message, path, id } = body ?? {};
  if (typeof err !== "string" || typeof message !== "string") {
    return foreign(`it answers ${status}: ${text.slice(0, 100)}`);
  }
  // A newer server may have codes that are not known here.
  if (!(err in errorCodes)) return foreign(`it answers ${status} with ${err}: ${message}`);
  return new ErgateError(err as ErrorCode, message, {
    ...(typeof path === "string" ? { path } : {}),
    ...(typeof id === "string" ? { id } : {}),
  });
}

/** `otherwise` where the server says that the thing which the path names is not there. */
export async function orAbsent<T, Otherwise>(
  call: Promise<T>,
  otherwise: Otherwise,
): Promise<T | Otherwise> {
  try {
    return await call;
  } catch (error) {
    if (isAbsent(error)) return otherwise;
    throw error;
  }
}

const absent: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ERR_ERGATE_JOB_NOT_FOUND",
  "ERR_ERGATE_SCHEDULE_UNKNOWN",
  "ERR_ERGATE_COMMAND_UNKNOWN",
]);

function isAbsent(error: unknown): boolean {
  if (!(error instanceof ErgateError)) return false;
  return absent.has(error.code);
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function foreign(message: string): ErgateError {
  return new ErgateError("ERR_ERGATE_HTTP_ANSWER", message);
}
