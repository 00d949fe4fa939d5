import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import { parseFilter } from "../../job/filter.ts";
import type { ErrorGroup, Execution, Job, JobFilter, JobId, Page } from "../../job/job.ts";
import type { LogLine } from "../../log/line.ts";
import type { GroupOptions, JobsClient, PageOptions, TakenKey } from "../client.ts";
import { idGiven, logOptionsGiven, reasonGiven } from "../given.ts";
import { pageGiven } from "../paging.ts";
import { orAbsent } from "./answer.ts";
import { type Connection, segment } from "./connection.ts";

type Changed = { changed: boolean };
type Bulk = { count: number; taken?: TakenKey[] };

export function remoteJobs(server: Connection): JobsClient {
  const at = (id: JobId) => `/jobs/${segment(idGiven(id), "id")}`;
  const move = async (verb: string, id: JobId, reason?: string) => {
    const body = reason === undefined ? {} : { reason: reasonGiven(reason) };
    const answer = server.call<Changed>("POST", `${at(id)}/${verb}`, { body });
    return (await orAbsent(answer, { changed: false })).changed;
  };
  return {
    get: async (id) => orAbsent(server.call<Job>("GET", at(id)), undefined),
    list: (options = {}) => list(server, options),
    count: async (filter = {}) => {
      const body = parseFilter(filter, []);
      return (await server.call<{ count: number }>("POST", "/jobs/count", { body })).count;
    },
    groups: (options = {}) => groups(server, options),
    stop: (id, reason) => move("stop", id, reason),
    cancel: (id, reason) => move("cancel", id, reason),
    retry: (id) => move("retry", id),
    delete: async (id) => remove(server, at(id)),
    ...bulkOf(server),
    async logs(id, options = {}) {
      const { id: _, limit, ...others } = logOptionsGiven(id, options);
      const query = { ...others, limit: limit && Math.min(limit, limits.pageRows) };
      const none: Page<LogLine> = { items: [], next: undefined };
      return orAbsent(server.call<Page<LogLine>>("GET", `${at(id)}/logs`, { query }), none);
    },
    executions: async (id) => orAbsent(server.whole<Execution>(`${at(id)}/executions`), []),
  };
}

function bulkOf(
  server: Connection,
): Pick<JobsClient, "stopAll" | "cancelAll" | "retryAll" | "deleteAll"> {
  const bulk = async (action: string, asked: JobFilter, reason?: string) => {
    const filter = parseFilter(asked, []);
    const why = reason === undefined ? {} : { reason: reasonGiven(reason) };
    const body = { action, filter, ...why };
    return server.call<Bulk>("POST", "/jobs/bulk", { body, extraMs: limits.clientBulkMs });
  };
  return {
    stopAll: async (filter, reason) => (await bulk("stop", filter, reason)).count,
    cancelAll: async (filter, reason) => (await bulk("cancel", filter, reason)).count,
    async retryAll(filter, onTaken) {
      const { count, taken = [] } = await bulk("retry", filter);
      for (const one of taken) onTaken?.(one);
      return count;
    },
    deleteAll: async (filter) => (await bulk("delete", filter)).count,
  };
}

async function list(server: Connection, options: JobFilter & PageOptions): Promise<Page<Job>> {
  const filter = parseFilter(options, ["cursor", "limit"]);
  const body = { ...filter, ...pageGiven({ cursor: options.cursor, limit: options.limit }, "") };
  return server.call("POST", "/jobs/list", { body });
}

async function groups(server: Connection, options: GroupOptions): Promise<Page<ErrorGroup>> {
  const filter = parseFilter(options, ["cursor"]);
  const { cursor } = pageGiven({ cursor: options.cursor }, "");
  return server.call("POST", "/jobs/errors", { body: { ...filter, cursor } });
}

/** One that runs is not deleted: false, as where there is none. */
async function remove(server: Connection, path: string): Promise<boolean> {
  try {
    return await orAbsent(
      server.call("DELETE", path).then(() => true),
      false,
    );
  } catch (error) {
    if (error instanceof ErgateError && error.code === "ERR_ERGATE_JOB_STATE") return false;
    throw error;
  }
}
