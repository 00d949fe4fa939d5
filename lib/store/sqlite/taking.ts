import type { ClaimedJob } from "../../job/job.ts";
import type { Allowance } from "../allowance.ts";
import type { Plan, Share } from "../plan.ts";
import type { Lane } from "./book.ts";
import { tellHooks } from "./hooks.ts";
import { freeKeys } from "./keys.ts";
import * as read from "./read.sql.ts";
import { list, type MoveRow, optional, textsOf } from "./rows.ts";
import { claimRun } from "./runs.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

export interface NextRow {
  seq: number;
  id: string;
  args: string;
  attempt: number;
  max_attempts: number;
  timeout_ms: number | null;
  tags: string | null;
  bytes: number;
  priority: number;
  run_at: number;
  unique_until: MoveRow["unique_until"];
  depth: number;
  planned: number;
  meta: string | null;
  hooked: number;
}

interface Taken {
  lane: Lane;
  row: NextRow;
  suspect: boolean;
  ahead: boolean;
}

/** A lane that may be claimed from, with how many of it no crash has made suspects. */
export interface Open {
  queue: string;
  name: string;
  lane: Lane;
  has: number;
}

/** One claim write under way. */
export interface Claim {
  worker: number;
  now: number;
  fence: number;
  /** The demand that is served, by its place: each has its own turns between the queues. */
  at: number;
  allowance: Allowance;
  jobs: ClaimedJob[];
  held: boolean;
  freeAt: number | undefined;
}

/** Takes what was planned, in the plan's order. */
export function take(
  session: Session,
  { shares, order }: Plan<Open>,
  turn: Claim,
  ahead: boolean,
): void {
  const { allowance } = turn;
  const lanes = shares.reduce((sum, share) => sum + (share.take > 0 ? share.lanes.length : 0), 0);
  const statement = lanes === 1 ? read.nextInLane : read.peekLane;
  const next = shares.map((share) => nextOfQueue(session, share, statement, allowance, ahead));
  const taken: Taken[] = [];
  for (const at of order) {
    const one = firstAllowed(next[at] as Taken[], allowance);
    if (one === undefined) continue;
    allowance.take(one.lane.queue, one.lane.name);
    taken.push(one);
  }
  move(session, whole(session, taken), turn);
}

/** The next of a queue that no limit holds: what was taken before may hold what stands first. */
function firstAllowed(next: Taken[], allowance: Allowance): Taken | undefined {
  for (;;) {
    const one = next.pop();
    if (one === undefined || allowance.left(one.lane.queue, one.lane.name) > 0) return one;
  }
}

/**
 * What a queue can give over its lanes, last comes first: by priority, due time and arrival. Of
 * several lanes each shows as many as might be taken, by its index alone.
 */
function nextOfQueue(
  session: Session,
  { lanes, take: count }: Share<Open>,
  statement: string,
  allowance: Allowance,
  ahead: boolean,
): Taken[] {
  if (count === 0) return [];
  const next = lanes.flatMap(({ lane }) => {
    const most = Math.min(count, allowance.left(lane.queue, lane.name));
    return rowsOf(session, lane, most, statement, ahead);
  });
  if (lanes.length > 1) next.sort((one, other) => inOrder(one.row, other.row));
  return next.reverse();
}

/** Reads what `peekLane` left out, as the rows lie: a statement a lane took half of the claim. */
function whole(session: Session, taken: readonly Taken[]): readonly Taken[] {
  if (taken.length === 0 || taken[0]?.row.args !== undefined) return taken;
  const seqs = list(taken.map(({ row }) => row.seq));
  const rows = session.sql(read.claimable).all(seqs) as NextRow[];
  const bySeq = new Map(rows.map((row) => [row.seq, row]));
  return taken.map((one) => ({ ...one, row: bySeq.get(one.row.seq) as NextRow }));
}

function rowsOf(
  session: Session,
  lane: Lane,
  count: number,
  statement: string,
  ahead: boolean,
): Taken[] {
  const rows = session.sql(statement).all(lane.key, count) as NextRow[];
  // A row edited by hand can leave a count too high: what was read is what is there.
  if (rows.length < count && rows.length < plain(lane)) {
    lane.counts.available = lane.suspects + rows.length;
  }
  return rows.map((row) => ({ lane, row, suspect: false, ahead }));
}

export function inOrder(one: NextRow, other: NextRow): number {
  return other.priority - one.priority || one.run_at - other.run_at || one.seq - other.seq;
}

export function move(session: Session, taken: readonly Taken[], turn: Claim): void {
  if (taken.length === 0) return;
  if (turn.fence === 0) turn.fence = session.book.nextFence();
  const startedAt = taken[0]?.ahead === true ? null : turn.now;
  session
    .sql(write.claimSlots)
    .run(turn.fence, turn.worker, startedAt, list(taken.map(({ row }) => row.seq)));
  const started = taken.filter(({ row }) => row.unique_until === "started");
  freeKeys(
    session,
    started.map(({ row }) => row.seq),
  );
  const hooked = taken.filter(({ row }) => row.hooked === 1);
  tellHooks(
    session,
    hooked.map(({ row }) => row.seq),
    turn.now,
  );
  for (const { lane, row, suspect, ahead } of taken) {
    session.book.shift(lane, "available", "running");
    if (suspect) lane.suspects--;
    const claimed = claimedOf(lane, row, turn.fence, suspect, ahead);
    if (row.planned === 1) claimed.schedule = claimRun(session, row.seq);
    turn.jobs.push(claimed);
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
    tags: row.tags === null ? undefined : textsOf(row.tags),
    suspect,
    ahead,
    unique: row.unique_until !== null,
    meta: row.meta ?? undefined,
    hooked: row.hooked === 1,
    depth: row.depth,
    schedule: undefined,
  };
}

/** Available ones that no crash has made suspects. */
export function plain(lane: Lane): number {
  return lane.counts.available - lane.suspects;
}
