import { limits } from "../base/limits.ts";
import { Fields, optionError } from "./fields.ts";
import type { JobFilter, JobId } from "./job.ts";
import { type JobState, jobStates } from "./state.ts";

/** A filter as it was checked: times are milliseconds since the epoch. */
export interface CheckedFilter extends JobFilter {
  since?: number;
  until?: number;
}

const texts = ["name", "queue", "tag", "error", "text", "parent"] as const;
const times = ["since", "until"] as const;
const filterKeys: readonly string[] = ["state", "ids", ...texts, ...times];

/**
 * Checks a filter that stands in one object with `besides`. Throws ERR_ERGATE_OPTION with the path
 * of what is none.
 */
export function parseFilter(options: JobFilter, besides: readonly string[]): CheckedFilter {
  const fields = new Fields(options, "", [...filterKeys, ...besides]);
  const filter: CheckedFilter = {};
  const { state } = options;
  if (state !== undefined) {
    const wrong = [state].flat().find((one) => !jobStates.includes(one));
    if (wrong !== undefined) throw optionError("state", `must be one of ${jobStates.join(", ")}`);
    filter.state = state;
  }
  for (const key of texts) {
    const value = fields.string(key);
    if (value !== undefined) filter[key] = value;
  }
  if ((filter.text?.length ?? 0) > limits.filterTextChars) {
    throw optionError("text", `must have at most ${limits.filterTextChars} characters`);
  }
  for (const key of times) {
    const value = fields.time(key);
    if (value !== undefined) filter[key] = value;
  }
  const ids = idsOf(fields);
  if (ids !== undefined) filter.ids = ids;
  return filter;
}

function idsOf(fields: Fields): readonly JobId[] | undefined {
  const ids = fields.raw("ids");
  if (ids === undefined) return undefined;
  const sound =
    Array.isArray(ids) &&
    ids.length <= limits.filterIds &&
    ids.every((id) => typeof id === "string");
  if (sound) return ids;
  throw optionError(fields.at("ids"), `must be a list of at most ${limits.filterIds} ids`);
}

/** The states that a filter lets through. */
export function statesOf({ state }: JobFilter): readonly JobState[] {
  return state === undefined ? jobStates : [...new Set([state].flat())];
}

/** What a filter asks of one job; what is dear to read comes by a call. */
export interface FilterFacts {
  state: JobState;
  createdAt: number;
  finishedAt: number | undefined;
  fingerprint: string | undefined;
  tags(): readonly string[];
  /** Its reason and its last error's message. */
  texts(): Iterable<string>;
}

/** Whether it fits all but `name`, `queue`, `parent` and `ids`: by these engines choose. */
export function filterFits(filter: CheckedFilter, facts: FilterFacts): boolean {
  const { since, until, tag, error } = filter;
  const at = facts.finishedAt ?? facts.createdAt;
  return (
    (filter.state === undefined || [filter.state].flat().includes(facts.state)) &&
    (since === undefined || at >= since) &&
    (until === undefined || at < until) &&
    (error === undefined || facts.fingerprint === error) &&
    (tag === undefined || facts.tags().includes(tag)) &&
    textFits(filter, facts)
  );
}

function textFits({ text }: CheckedFilter, facts: FilterFacts): boolean {
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  for (const own of facts.texts()) if (own.toLowerCase().includes(wanted)) return true;
  return false;
}
