import type { JobEvent } from "../../protocol/event.ts";
import type { EventOptions } from "../client.ts";
import { decodeCursor } from "../cursor.ts";
import { typesOf } from "../events.ts";
import type { Connection } from "./connection.ts";
import { ended, SentStream } from "./sent-stream.ts";

/**
 * The server's events, from this call on: what this client does afterwards is among them. Where the
 * connection is lost it is made again, and goes on after the last event: final states that came
 * meanwhile are told, other moves are not. Throws ERR_ERGATE_OPTION or ERR_ERGATE_CURSOR at once.
 */
export function remoteEvents(
  server: Connection,
  options: EventOptions = {},
): AsyncIterableIterator<JobEvent> {
  const types = typesOf(options);
  if (options.since !== undefined) decodeCursor(options.since);
  const query = options.types === undefined ? "" : `?types=${[...types].join(",")}`;
  return ended(options.signal, (signal) => {
    return eventsOf(new SentStream(server, `/events${query}`, options.since, signal));
  });
}

async function* eventsOf(stream: SentStream): AsyncGenerator<JobEvent, undefined> {
  for await (const { id, data } of stream.events()) {
    yield { reason: undefined, ...JSON.parse(data), cursor: id ?? "" };
  }
  return undefined;
}
