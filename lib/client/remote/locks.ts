import { ErgateError } from "../../base/error.ts";
import { parseLockCall } from "../../job/lock.ts";
import type { LocksClient } from "../locks.ts";
import { pageGiven } from "../paging.ts";
import type { Connection } from "./connection.ts";

export function remoteLocks(server: Connection): LocksClient {
  return {
    async acquire(name, options) {
      parseLockCall(name, options);
      const message = "a lock is held by a runtime on the file: none can be held over HTTP";
      throw new ErgateError("ERR_ERGATE_REMOTE", message);
    },
    list: async (options = {}) => server.call("GET", "/locks", { query: pageGiven(options) }),
  };
}
