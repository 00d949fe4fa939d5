import { ErgateError, messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";

/**
 * The JSON of a request's body; undefined where it has none. Throws ERR_ERGATE_HTTP_MEDIA for what
 * says it is something else, ERR_ERGATE_HTTP_BODY past 1 MiB, ERR_ERGATE_HTTP_JSON. `framed`:
 * Node's parser cuts the body to the length that its header says.
 */
export async function jsonOf(request: Request, framed = false): Promise<unknown> {
  const type = request.headers.get("content-type");
  // The jobservice's own client says application/json, its curl samples nothing at all.
  if (type !== null && !/^(application\/([\w.-]+\+)?json|text\/plain)\b/i.test(type)) {
    const message = `the body is ${type.slice(0, 100)}: send application/json`;
    throw new ErgateError("ERR_ERGATE_HTTP_MEDIA", message);
  }
  const text = await textOf(request, framed);
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `the body is no JSON: ${messageOf(error)}`;
    throw new ErgateError("ERR_ERGATE_HTTP_JSON", message);
  }
}

/** The fields of a form, as browsers send it. Throws as `jsonOf`. */
export async function formOf(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get("content-type");
  if (type !== null && !/^application\/x-www-form-urlencoded\b/i.test(type)) {
    const message = `the body is ${type.slice(0, 100)}: send application/x-www-form-urlencoded`;
    throw new ErgateError("ERR_ERGATE_HTTP_MEDIA", message);
  }
  return new URLSearchParams(await textOf(request, false));
}

/** Counted while it comes: what a header says of its length is believed only where framed. */
async function textOf(request: Request, framed: boolean | undefined): Promise<string> {
  try {
    return await readText(request, framed);
  } catch (error) {
    if (error instanceof ErgateError) throw error;
    // Cut short, or framed badly: who sent it did that, and the log is not theirs to fill.
    throw new ErgateError(
      "ERR_ERGATE_HTTP_JSON",
      `the body did not come whole: ${messageOf(error)}`,
    );
  }
}

async function readText(request: Request, framed = false): Promise<string> {
  const length = request.headers.get("content-length");
  if (Number(length ?? 0) > limits.httpBodyBytes) throw tooLarge();
  // As a stream it costs as much as all the rest of a small request.
  if (framed && length !== null) return request.text();
  if (request.body === null) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body) {
    bytes += part.byteLength;
    if (bytes > limits.httpBodyBytes) throw tooLarge();
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

function tooLarge(): ErgateError {
  const message = `the body is larger than ${limits.httpBodyBytes} bytes`;
  return new ErgateError("ERR_ERGATE_HTTP_BODY", message);
}
