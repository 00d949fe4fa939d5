import { z } from "zod";
import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { FollowedLine, FollowOptions } from "../../client/logs.ts";
import { placeOf } from "../../log/cursor.ts";
import { checkLogId, logFormat, logResponse } from "../job-log.ts";
import { type Route, route, wholeNumber } from "../route.ts";
import { eventResponse, type TextSource, textStream } from "../stream.ts";
import { idParams, pageQuery } from "./shapes.ts";

const at = "/api/v2/jobs/{id}/log";
const attempt = wholeNumber(1, limits.maxAttemptsMax);
const tail = wholeNumber(1, limits.pageRows).optional();

const log = route({
  method: "get",
  path: at,
  right: "read",
  summary: "Read a job's log as text: of its last attempt, of one, or of all; Range takes bytes",
  params: idParams,
  query: z.strictObject({
    attempt: z.union([z.literal("all"), attempt]).optional(),
    tail,
    limit: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
  }),
  answer: "text",
  partial: true,
  headers: { Range: "Of the text's bytes, such as bytes=-1000." },
  run({ params: { id }, query, header }, { client, clock }) {
    // No range was made of another version: there is no name for versions that grow.
    const range = header("if-range") === undefined ? header("range") : undefined;
    return logResponse(client, id, { ...query, range, clock });
  },
});

const follow = route({
  method: "get",
  path: `${at}/follow`,
  right: "read",
  summary:
    "Follow a job's log to its end: server-sent events (Last-Event-ID goes on), or plain text",
  params: idParams,
  query: z.strictObject({
    attempt: attempt.optional(),
    cursor: pageQuery.shape.cursor,
    tail,
    format: z.enum(["events", "text"]).optional(),
  }),
  answer: "events",
  headers: { "Last-Event-ID": "Goes on behind that line." },
  async run({ params: { id }, query: { format, ...query }, signal, header }, { client, clock }) {
    await checkLogId(client, id);
    const lastId = header("last-event-id") || undefined;
    // What is wrong is said now: an answer that has begun can only be cut.
    placeOf(lastId ?? query.cursor);
    const left = new AbortController();
    const until = AbortSignal.any([signal, left.signal]);
    const lines = client.logs.follow(id, followOptions(query, lastId, until));
    const source = (text: (line: FollowedLine) => string, end: string | undefined) =>
      sourceOf(lines, left, { text, end: () => (until.aborted ? undefined : end) });
    if (wantsText(format, header("accept"))) {
      const headers = { "content-type": "text/plain; charset=utf-8", "x-accel-buffering": "no" };
      return new Response(textStream(source(logFormat(false), undefined), clock), { headers });
    }
    return eventResponse(source(eventText, "event: end\ndata: {}\n\n"), clock);
  },
});

export const jobLogRoutes: readonly Route[] = [log, follow];

function wantsText(format: "events" | "text" | undefined, accept = ""): boolean {
  if (format !== undefined) return format === "text";
  return /\btext\/plain\b/i.test(accept) && !/\btext\/event-stream\b/i.test(accept);
}

/** What a lost connection had goes before what its URL says. */
function followOptions(query: object, lastId: string | undefined, signal: AbortSignal) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const { tail: last, cursor, ...options } = Object.fromEntries(given) as FollowOptions;
  if (lastId !== undefined) return { ...options, cursor: lastId, signal };
  return {
    ...options,
    ...(last === undefined ? {} : { tail: last }),
    ...(cursor === undefined ? {} : { cursor }),
    signal,
  };
}

interface Shown {
  text(line: FollowedLine): string;
  /** What is said once the log has ended. */
  end(): string | undefined;
}

/** A log that ends with its runtime has not ended: nothing says so, and readers come again. */
function sourceOf(
  lines: AsyncIterableIterator<FollowedLine>,
  left: AbortController,
  { text, end }: Shown,
): TextSource {
  let over = false;
  const next = async () => {
    if (over) return undefined;
    try {
      const { value, done } = await lines.next();
      if (done !== true) return text(value);
    } catch (error) {
      if (!(error instanceof ErgateError && error.code === "ERR_ERGATE_STOPPED")) throw error;
      return undefined;
    }
    over = true;
    return end();
  };
  return { next, cancel: () => left.abort() };
}

function eventText({ cursor, ...line }: FollowedLine): string {
  return `id: ${cursor}\nevent: line\ndata: ${JSON.stringify(line)}\n\n`;
}
