import { limits } from "../../base/limits.ts";
import { followGiven, logSearchGiven, textGiven } from "../given.ts";
import type { FollowedLine, LogsClient } from "../logs.ts";
import { type Connection, searchOf, segment } from "./connection.ts";
import { ended, SentStream } from "./sent-stream.ts";

/**
 * A log is followed over connections that are made again when they are lost: a server that is
 * started anew within five minutes goes on with the next line.
 */
export function remoteLogs(server: Connection): LogsClient {
  return {
    async search(text, options = {}) {
      const { limit, ...others } = logSearchGiven(options);
      const most = limit && Math.min(limit, limits.pageRows);
      const query = { text: textGiven(text), ...others, limit: most };
      return server.call("GET", "/logs", { query });
    },
    follow(id, options = {}) {
      const { id: _, cursor, ...query } = followGiven(id, options);
      const path = `/jobs/${segment(id, "id")}/log/follow${searchOf(query)}`;
      return ended(options.signal, (signal) => linesOf(server, path, cursor, signal));
    },
  };
}

/** Nothing is asked for before the first line is. */
async function* linesOf(
  server: Connection,
  path: string,
  cursor: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<FollowedLine, undefined> {
  const stream = new SentStream(server, path, cursor, signal);
  for await (const { type, id = "", data } of stream.events()) {
    if (type === "end") return undefined;
    yield { ...JSON.parse(data), cursor: id };
  }
  return undefined;
}
