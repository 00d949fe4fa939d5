import { limits } from "../base/limits.ts";
import { Fields, optionError } from "../job/fields.ts";
import type { JobId } from "../job/job.ts";
import type { LogSearch } from "../log/search.ts";
import type { LogQuery } from "../log/store.ts";
import type { ResultOptions } from "./client.ts";
import type { FollowOptions, LogOptions, LogSearchOptions } from "./logs.ts";

/**
 * What callers give beside filters and arguments. Programs without types give anything, and what no
 * store can take must not get to one. All throw ERR_ERGATE_OPTION with the path.
 */

export function idGiven(id: JobId): JobId {
  if (typeof id !== "string") throw optionError("id", `must be a job's id, not ${shown(id)}`);
  return id;
}

/** The name of a schedule; one that no schedule has is told when it is looked for. */
export function scheduleGiven(name: string): string {
  if (typeof name === "string") return name;
  throw optionError("name", `must be a schedule's name, not ${shown(name)}`);
}

/** Why a job is to end; it is kept with the job. */
export function reasonGiven(reason: string): string {
  if (typeof reason !== "string") throw optionError("reason", `must be text, not ${shown(reason)}`);
  if (reason.length <= limits.errorMessageChars) return reason;
  throw optionError("reason", `must have at most ${limits.errorMessageChars} characters`);
}

export function waitGiven(options: ResultOptions): ResultOptions {
  const fields = new Fields(options, "", ["timeout", "signal"]);
  fields.durationMs("timeout");
  fields.signal("signal");
  return options;
}

export function logOptionsGiven(id: JobId, options: LogOptions): LogQuery {
  const fields = new Fields(options, "", ["attempt", "cursor", "limit", "tail", "from", "until"]);
  return {
    id: idGiven(id),
    attempt: fields.integer("attempt", 1, limits.maxAttemptsMax),
    // More than a page holds is taken as a page.
    limit: fields.integer("limit", 1, Number.MAX_SAFE_INTEGER),
    tail: fields.integer("tail", 1, Number.MAX_SAFE_INTEGER),
    cursor: fields.string("cursor"),
    ...{ from: fields.time("from"), until: fields.time("until") },
  };
}

export function textGiven(text: string): string {
  if (typeof text !== "string") throw optionError("text", `must be text, not ${shown(text)}`);
  return text;
}

export function logSearchGiven(options: LogSearchOptions): LogSearch {
  const fields = new Fields(options, "", ["job", "cursor", "limit", "from", "until"]);
  return {
    job: fields.string("job"),
    limit: fields.integer("limit", 1, Number.MAX_SAFE_INTEGER),
    cursor: fields.string("cursor"),
    ...{ from: fields.time("from"), until: fields.time("until") },
  };
}

export function followGiven(id: JobId, options: FollowOptions): LogQuery {
  const fields = new Fields(options, "", ["attempt", "cursor", "tail", "signal"]);
  fields.signal("signal");
  const query = {
    id: idGiven(id),
    attempt: fields.integer("attempt", 1, limits.maxAttemptsMax),
    tail: fields.integer("tail", 1, limits.pageRows),
    cursor: fields.string("cursor"),
  };
  if (query.cursor === undefined || query.tail === undefined) return query;
  throw optionError("tail", "excludes cursor");
}

function shown(value: unknown): string {
  return value === null ? "null" : `a value of type ${typeof value}`;
}
