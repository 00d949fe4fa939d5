import { limits } from "../base/limits.ts";
import { Fields } from "../job/fields.ts";
import type { JobId } from "../job/job.ts";
import { isFinal, type JobState, moves } from "../job/state.ts";
import type { EndAnswer } from "../protocol/write.ts";
import type { KillOptions } from "./commands.ts";
import { idGiven, reasonGiven, waitGiven } from "./given.ts";
import type { LocalParts } from "./parts.ts";
import { waitUntil } from "./wait.ts";

export type KillAnswer = "killed" | "not running" | "already done";

/**
 * The kill of a command is the stored stop of its job, so that it reaches whoever runs it, now or
 * when it hears again; and it is answered by the row, once the run has settled.
 */
export async function killCommand(
  parts: LocalParts,
  idOrName: string,
  options: KillOptions,
): Promise<KillAnswer> {
  const { reason: why = "killed by hand", ...wait } = options;
  new Fields(options, "options", ["reason", "timeout", "signal"]);
  const reason = reasonGiven(why);
  waitGiven(wait);
  const ids = await unfinishedOf(parts, idGiven(idOrName));
  if (typeof ids === "string") return ids;
  const ends: EndAnswer[] = [];
  for (let from = 0; from < ids.length; from += limits.bulkRows) {
    const some = ids.slice(from, from + limits.bulkRows);
    const now = parts.clock.now();
    const answer = await parts.ask({ type: "end", move: "stop", ids: some, reason, now });
    ends.push(...answer.ends);
  }
  const asked = ends.flatMap((end) => (end.type === "asked" ? [end.id] : []));
  const ended = await Promise.all(asked.map((id) => settled(parts, id, wait)));
  const isKilled = ended.includes("stopped") || ends.some(({ type }) => type === "moved");
  return isKilled ? "killed" : "already done";
}

/** The ids of what is to be ended, or the answer where there is nothing. */
async function unfinishedOf(parts: LocalParts, idOrName: string): Promise<JobId[] | KillAnswer> {
  const row = await parts.read({ type: "job", id: idOrName });
  // Of a removed command there is no definition: what it runs can be killed all the same.
  const definition = await parts.read({ type: "definition", name: row?.name ?? idOrName });
  if (definition?.isCommand === false) return "not running";
  if (row !== undefined) return isFinal(row.state) ? "already done" : [row.id];
  const ids: JobId[] = [];
  let cursor: string | undefined;
  do {
    const filter = { name: idOrName, state: [...moves.stop.from] };
    const page = await parts.read({ type: "ids", filter, cursor, limit: limits.bulkRows });
    ids.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return ids.length === 0 ? "not running" : ids;
}

/** The state in which it ended; undefined where its row is gone by then. */
async function settled(
  parts: LocalParts,
  id: JobId,
  wait: Pick<KillOptions, "timeout" | "signal">,
): Promise<JobState | "gone"> {
  const look = async () => {
    const row = await parts.read({ type: "job", id });
    if (row === undefined) return "gone" as const;
    return isFinal(row.state) ? row.state : undefined;
  };
  const listen = (wake: () => void) => parts.hub.onEnd(id, wake);
  return waitUntil(parts, look, wait, `the end of job ${id}`, listen);
}
