import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import { followGiven, logSearchGiven, textGiven } from "../given.ts";
import type { LogsClient } from "../logs.ts";
import type { Connection } from "./connection.ts";

export function remoteLogs(server: Connection): LogsClient {
  return {
    async search(text, options = {}) {
      const { limit, ...others } = logSearchGiven(options);
      const most = limit && Math.min(limit, limits.pageRows);
      const query = { text: textGiven(text), ...others, limit: most };
      return server.call("GET", "/logs", { query });
    },
    follow(id, options = {}) {
      followGiven(id, options);
      const message = "a log can't be followed over HTTP: read its pages, or the job's events";
      throw new ErgateError("ERR_ERGATE_REMOTE", message);
    },
  };
}
