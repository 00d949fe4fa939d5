import type { ClaimedJob } from "../../job/job.ts";
import type { ClaimAnswer, Demand, RunAsk } from "../../protocol/write.ts";
import { shareOut } from "../share.ts";
import type { Lane } from "./book.ts";
import * as read from "./read.sql.ts";
import { list, optional } from "./rows.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

interface NextRow {
  seq: number;
  id: string;
  args: string;
  attempt: number;
  max_attempts: number;
  timeout_ms: number | null;
  bytes: number;
  priority: number;
  run_at: number;
}

interface Taken {
  lane: Lane;
  row: NextRow;
  suspect: boolean;
  ahead: boolean;
}

/** What one claim write carries along. */
interface Claim {
  worker: number;
  now: number;
  fence: number;
  /** The demand that is served, by its place: each has its own turns between the queues. */
  at: number;
}

/**
 * Hands out jobs: rows are read in order through the lane's partial index, then moved by one
 * statement a pass. Selecting first and moving by number took 4.2 µs a job; `UPDATE … RETURNING`
 * 4.8 to 6.5, and it loses the order.
 */
export function claim(
  session: Session,
  worker: number,
  demands: readonly Demand[],
  now: number,
): ClaimAnswer {
  const jobs: ClaimedJob[] = [];
  const turn: Claim = { worker, now, fence: 0, at: 0 };
  const dry = demands.map((demand, at) => {
    turn.at = at;
    return serve(session, demand, turn, jobs);
  });
  return { jobs, dry, asks: asksOf(session, worker), paused: pausedIfChanged(session) };
}

/** Fills one demand; whether nothing that it could take is left. */
function serve(session: Session, demand: Demand, turn: Claim, jobs: ClaimedJob[]): boolean {
  const names = new Set(demand.names);
  const lanes = [...session.book.lanes()].filter(
    (lane) =>
      names.has(lane.name) && lane.counts.available > 0 && !session.book.paused.has(lane.queue),
  );
  if (lanes.length === 0) return true;
  let slots = demand.slots;
  if (demand.suspect && slots > 0) slots -= takeSuspect(session, lanes, turn, jobs);
  if (slots > 0) takeShared(session, lanes, slots, turn, jobs, false);
  for (const { name, count } of demand.ahead) {
    const own = lanes.filter((lane) => lane.name === name);
    if (count > 0 && own.length > 0) takeShared(session, own, count, turn, jobs, true);
  }
  return lanes.every((lane) => plain(lane) <= 0);
}

function takeShared(
  session: Session,
  lanes: readonly Lane[],
  limit: number,
  turn: Claim,
  jobs: ClaimedJob[],
  ahead: boolean,
): void {
  const byQueue = new Map<string, Lane[]>();
  for (const lane of lanes) {
    if (plain(lane) <= 0) continue;
    const queue = byQueue.get(lane.queue);
    if (queue === undefined) byQueue.set(lane.queue, [lane]);
    else queue.push(lane);
  }
  const supplies = [...byQueue].map(([queue, own]) => ({
    queue,
    has: own.reduce((sum, lane) => sum + plain(lane), 0),
  }));
  const sharing = shareOut(supplies, limit, session.turns[turn.at]);
  if (!ahead) session.turns[turn.at] = sharing.last;
  const taken = sharing.shares.flatMap(({ queue, take }) =>
    nextOfQueue(session, byQueue.get(queue) as Lane[], take, ahead),
  );
  move(session, taken, turn, jobs);
}

/** The next `count` of a queue, over its lanes, by priority, due time and arrival. */
function nextOfQueue(
  session: Session,
  lanes: readonly Lane[],
  count: number,
  ahead: boolean,
): Taken[] {
  const [only] = lanes;
  if (lanes.length === 1 && only !== undefined) {
    const rows = session.sql(read.nextInLane).all(only.key, count) as NextRow[];
    // A row edited by hand can leave a count too high: what was read is what is there.
    if (rows.length < count) only.counts.available = only.suspects + rows.length;
    return rows.map((row) => ({ lane: only, row, suspect: false, ahead }));
  }
  const peeked = lanes.flatMap((lane) => {
    const rows = session.sql(read.peekLane).all(lane.key, count) as NextRow[];
    if (rows.length < count) lane.counts.available = lane.suspects + rows.length;
    return rows.map((row) => ({ lane, row, suspect: false, ahead }));
  });
  peeked.sort((one, other) => order(one.row, other.row));
  return peeked.slice(0, count).map((taken) => ({
    ...taken,
    row: session.sql(read.claimable).get(taken.row.seq) as NextRow,
  }));
}

function order(one: NextRow, other: NextRow): number {
  return other.priority - one.priority || one.run_at - other.run_at || one.seq - other.seq;
}

/** After a crash one suspect runs at a time, so that the next crash names the culprit. */
function takeSuspect(
  session: Session,
  lanes: readonly Lane[],
  turn: Claim,
  jobs: ClaimedJob[],
): number {
  const suspected = lanes.filter((lane) => lane.suspects > 0);
  if (suspected.length === 0) return 0;
  if (session.sql(read.runningSuspect).get(turn.worker) !== undefined) return 0;
  const next = suspected
    .flatMap((lane) => {
      const row = session.sql(read.nextSuspect).get(lane.key) as NextRow | undefined;
      return row === undefined ? [] : [{ lane, row, suspect: true, ahead: false }];
    })
    .sort((one, other) => order(one.row, other.row))
    .slice(0, 1);
  move(session, next, turn, jobs);
  return next.length;
}

function move(session: Session, taken: readonly Taken[], turn: Claim, jobs: ClaimedJob[]): void {
  if (taken.length === 0) return;
  if (turn.fence === 0) turn.fence = session.book.nextFence();
  const startedAt = taken[0]?.ahead === true ? null : turn.now;
  session
    .sql(write.claimSlots)
    .run(turn.fence, turn.worker, startedAt, list(taken.map(({ row }) => row.seq)));
  for (const { lane, row, suspect, ahead } of taken) {
    session.book.shift(lane, "available", "running");
    if (suspect) lane.suspects--;
    jobs.push(claimedOf(lane, row, turn.fence, suspect, ahead));
  }
}

function claimedOf(
  lane: Lane,
  row: NextRow,
  fence: number,
  suspect: boolean,
  ahead: boolean,
): ClaimedJob {
  return {
    seq: row.seq,
    lane: lane.key,
    id: row.id,
    name: lane.name,
    queue: lane.queue,
    args: row.args,
    bytes: row.bytes,
    attempt: row.attempt + 1,
    maxAttempts: row.max_attempts,
    fence,
    timeoutMs: optional(row.timeout_ms),
    runAt: row.run_at,
    suspect,
    ahead,
  };
}

/** Available ones that no crash has made suspects. */
function plain(lane: Lane): number {
  return lane.counts.available - lane.suspects;
}

function asksOf(session: Session, worker: number): readonly RunAsk[] {
  if (!session.strangers) return [];
  session.strangers = false;
  return session.sql(read.askedRuns).all(worker) as RunAsk[];
}

function pausedIfChanged(session: Session): readonly string[] | undefined {
  const paused = [...session.book.paused].sort();
  const told = JSON.stringify(paused);
  if (told === session.toldPaused) return undefined;
  session.toldPaused = told;
  return paused;
}
