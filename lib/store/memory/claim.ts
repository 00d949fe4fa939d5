import type { Heap } from "../../base/heap.ts";
import type { ClaimedJob } from "../../job/job.ts";
import type { ClaimAnswer, Demand, RunAsk } from "../../protocol/write.ts";
import { shareOut } from "../share.ts";
import { firstOf } from "./lanes.ts";
import { bytesOf, type Row } from "./row.ts";
import type { Session } from "./session.ts";

type Write = { worker: number; demands: readonly Demand[]; now: number };
type LanesByQueue = ReadonlyMap<string, Heap<Row>[]>;

/** One claim write under way: it has one fence, drawn when it takes its first job. */
interface Turn {
  session: Session;
  worker: number;
  now: number;
  fence: number | undefined;
  jobs: ClaimedJob[];
}

export function claim(session: Session, { worker, demands, now }: Write): ClaimAnswer {
  const turn: Turn = { session, worker, now, fence: undefined, jobs: [] };
  const dry = demands.map((demand, at) => serve(turn, demand, at));
  return { jobs: turn.jobs, dry, asks: newAsks(session, worker), paused: newPaused(session) };
}

/** Fills one demand; whether nothing that it could take is left. */
function serve(turn: Turn, demand: Demand, at: number): boolean {
  const { turns } = turn.session;
  const suspects = demand.suspect && demand.slots > 0 ? takeSuspect(turn, demand.names) : 0;
  turns[at] = takeShared(turn, demand.names, demand.slots - suspects, turns[at], false);
  for (const { name, count } of demand.ahead) takeShared(turn, [name], count, turns[at], true);
  return open(turn, "lanes", demand.names).size === 0;
}

/** Takes up to `limit` jobs of the names, in fair shares. Returns whose turn it was. */
function takeShared(
  turn: Turn,
  names: readonly string[],
  limit: number,
  after: string | undefined,
  ahead: boolean,
): string | undefined {
  if (limit <= 0) return after;
  const queues = open(turn, "lanes", names);
  const supplies = [...queues].map(([queue, lanes]) => ({
    queue,
    has: lanes.reduce((sum, lane) => sum + lane.size, 0),
  }));
  const { shares, last } = shareOut(supplies, limit, after);
  for (const { queue, take } of shares) {
    for (let taken = 0; taken < take; taken++) hand(turn, firstOf(queues.get(queue) ?? []), ahead);
  }
  return last;
}

/** After a crash one suspect runs at a time, so that the next crash names the culprit. */
function takeSuspect(turn: Turn, names: readonly string[]): number {
  if (turn.session.table.runningOf(turn.worker).some((row) => row.suspect)) return 0;
  const first = firstOf([...open(turn, "suspects", names).values()].flat());
  hand(turn, first, false);
  return first === undefined ? 0 : 1;
}

/** What can be claimed of the names by queue, without paused queues. */
function open(turn: Turn, kind: "lanes" | "suspects", names: readonly string[]): LanesByQueue {
  const { table } = turn.session;
  const queues = table[kind].byQueue(names);
  for (const queue of table.paused()) queues.delete(queue);
  return queues;
}

function hand(turn: Turn, row: Row | undefined, ahead: boolean): void {
  if (row === undefined) return;
  const { session, worker, now } = turn;
  turn.fence ??= ++session.counters.fence;
  session.table.change(row, {
    state: "running",
    attempt: row.attempt + 1,
    fence: turn.fence,
    owner: worker,
    startedAt: ahead ? undefined : now,
    progress: undefined,
    checkIn: undefined,
  });
  turn.jobs.push(claimedOf(row, ahead));
}

function claimedOf(row: Row, ahead: boolean): ClaimedJob {
  const { seq, id, name, queue, args, attempt, maxAttempts, fence, timeoutMs, suspect } = row;
  const bytes = bytesOf(row);
  // Rows are found by seq alone: the lane's number is for engines that count by it.
  const lane = 0;
  return {
    ...{ seq, lane, id, name, queue, args, bytes, attempt, maxAttempts, fence, timeoutMs },
    ...{ suspect, ahead, runAt: row.dueAt },
  };
}

function newAsks(session: Session, worker: number): readonly RunAsk[] {
  if (!session.strangers) return [];
  session.strangers = false;
  return session.table
    .runningOf(worker)
    .flatMap(({ seq, fence, ask, reason }) =>
      ask === undefined ? [] : [{ seq, fence, ask, reason: reason ?? "" }],
    );
}

function newPaused(session: Session): readonly string[] | undefined {
  const paused = session.table.paused();
  const told = JSON.stringify(paused);
  if (told === session.toldPaused) return undefined;
  session.toldPaused = told;
  return paused;
}
