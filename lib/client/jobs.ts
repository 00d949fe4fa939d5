import { ErgateError } from "../base/error.ts";
import type { Json } from "../base/json.ts";
import { parseFilter } from "../job/filter.ts";
import type { ErrorGroup, Job, JobFilter, JobId, Page } from "../job/job.ts";
import { jobStates, moves } from "../job/state.ts";
import type { JobRow } from "../protocol/query.ts";
import { bulk } from "./bulk.ts";
import type { GroupOptions, JobsClient, PageOptions, TakenKey } from "./client.ts";
import { idGiven, logOptionsGiven, reasonGiven } from "./given.ts";
import { pageGiven } from "./paging.ts";
import type { LocalParts } from "./parts.ts";

const deletable = jobStates.filter((state) => state !== "running");

export function localJobs(parts: LocalParts): JobsClient {
  const end = async (move: "stop" | "cancel", ids: readonly JobId[], why: string) => {
    const reason = reasonGiven(why);
    const now = parts.clock.now();
    const { ends } = await parts.ask({ type: "end", move, ids, reason, now });
    return ends.filter(({ type }) => type === "moved" || type === "asked").length;
  };
  const remove = async (ids: readonly JobId[]) => {
    const { deletions } = await parts.ask({ type: "delete", ids });
    const gone = deletions.flatMap(({ type, id }) => (type === "deleted" ? [id] : []));
    if (gone.length > 0) await parts.forget(gone);
    return gone.length;
  };
  return {
    get: async (id) => jobOf(await parts.read({ type: "job", id: idGiven(id) })),
    list: (options = {}) => list(parts, options),
    count: async (filter = {}) => parts.read({ type: "count", filter: parseFilter(filter, []) }),
    stop: async (id, reason = "stopped by hand") => (await end("stop", [idGiven(id)], reason)) > 0,
    cancel: async (id, reason = "cancelled by hand") =>
      (await end("cancel", [idGiven(id)], reason)) > 0,
    retry: async (id) => (await retry(parts, [idGiven(id)], refuseTaken)) > 0,
    delete: async (id) => (await remove([idGiven(id)])) > 0,
    stopAll: (filter, reason = "stopped by hand") =>
      bulk(parts, filter, moves.stop.from, (ids) => end("stop", ids, reason)),
    cancelAll: (filter, reason = "cancelled by hand") =>
      bulk(parts, filter, moves.cancel.from, (ids) => end("cancel", ids, reason)),
    retryAll: (filter, onTaken = () => undefined) =>
      bulk(parts, filter, moves.retry.from, (ids) => retry(parts, ids, onTaken)),
    deleteAll: (filter) => bulk(parts, filter, deletable, remove),
    groups: (options = {}) => groups(parts, options),
    async logs(id, options = {}) {
      const { items, next } = await parts.logs.read(logOptionsGiven(id, options));
      return { items, next };
    },
    async executions(id) {
      return [...((await parts.read({ type: "executions", id: idGiven(id) })) ?? [])];
    },
  };
}

async function retry(
  parts: LocalParts,
  ids: readonly JobId[],
  onTaken: (taken: TakenKey) => void,
): Promise<number> {
  const { retries } = await parts.ask({ type: "retry", ids, now: parts.clock.now() });
  for (const answer of retries) {
    if (answer.type === "taken") onTaken({ id: answer.id, by: answer.by });
  }
  return retries.filter(({ type }) => type === "moved").length;
}

function refuseTaken({ id, by }: TakenKey): never {
  const message = `job ${id} can't run again: its unique key is held by job ${by}`;
  throw new ErgateError("ERR_ERGATE_UNIQUE_TAKEN", message, { path: "id", id: by });
}

async function list(parts: LocalParts, options: JobFilter & PageOptions): Promise<Page<Job>> {
  const filter = parseFilter(options, ["cursor", "limit"]);
  const { cursor, limit } = pageGiven({ cursor: options.cursor, limit: options.limit }, "");
  const page = await parts.read({ type: "jobs", filter, cursor, limit });
  return { items: page.items.map((row) => jobOf(row)), next: page.next };
}

async function groups(parts: LocalParts, options: GroupOptions): Promise<Page<ErrorGroup>> {
  const filter = parseFilter(options, ["cursor"]);
  const { state = "dead" } = filter;
  const { cursor } = pageGiven({ cursor: options.cursor }, "");
  return parts.read({ type: "groups", filter: { ...filter, state }, cursor });
}

export function jobOf(row: JobRow): Job;
export function jobOf(row: JobRow | undefined): Job | undefined;
export function jobOf(row: JobRow | undefined): Job | undefined {
  if (row === undefined) return undefined;
  const { seq: _seq, fence: _fence, args, result, ...job } = row;
  return { ...job, args: parsed(args), result: result === undefined ? undefined : parsed(result) };
}

/** What was edited by hand into something else is shown as the text that it is. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
