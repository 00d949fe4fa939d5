import { limits } from "../../base/limits.ts";
import type { JobsClient } from "../../client/client.ts";
import type { Job } from "../../job/job.ts";

interface Rank {
  id: string;
  at: number;
}

/**
 * Page `page` (from 1) of 20 jobs in a state by their time, the earliest first, and how many there
 * are. Numbered pages have no cursor to go on from, so all are ranked by their ids: of more than
 * 10 000 the newest, and pages past those are empty.
 */
export async function rankedPage(
  jobs: JobsClient,
  state: "scheduled" | "retryable" | "dead",
  page: number,
): Promise<{ count: number; items: Job[] }> {
  const { ranks, all } = await ranksOf(jobs, state);
  const from = (page - 1) * limits.gocraftPageRows;
  const shown = ranks.slice(from, from + limits.gocraftPageRows);
  const read = await Promise.all(shown.map(({ id }) => jobs.get(id)));
  // What moved on meanwhile is no more of this list.
  const items = read.filter((job): job is Job => job?.state === state);
  return { count: all ? ranks.length : await jobs.count({ state }), items };
}

async function ranksOf(
  jobs: JobsClient,
  state: Job["state"],
): Promise<{ ranks: Rank[]; all: boolean }> {
  const ranks: Rank[] = [];
  let cursor: string | undefined;
  do {
    const rest = limits.gocraftRankedRows - ranks.length;
    const limit = Math.min(rest, limits.pageRows);
    const page = await jobs.list({ state, limit, ...(cursor === undefined ? {} : { cursor }) });
    for (const { id, runAt, finishedAt } of page.items) {
      ranks.push({ id, at: state === "dead" ? (finishedAt ?? 0) : runAt });
    }
    cursor = page.next;
  } while (cursor !== undefined && ranks.length < limits.gocraftRankedRows);
  ranks.sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
  return { ranks, all: cursor === undefined };
}
