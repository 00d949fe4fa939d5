import type { ClaimedJob } from "../../job/job.ts";
import type { ClaimAnswer, Demand, RunAsk } from "../../protocol/write.ts";
import { planAhead, planSlots } from "../plan.ts";
import { isPaused } from "../queue-state.ts";
import type { Lane } from "./book.ts";
import { allowanceOf, saveSpent } from "./limited.ts";
import * as read from "./read.sql.ts";
import { type Session, turnsOf } from "./session.ts";
import { type Claim, inOrder, move, type NextRow, type Open, plain, take } from "./taking.ts";

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
  const allowance = allowanceOf(session, now);
  const state = { fence: 0, at: 0, held: false, freeAt: undefined };
  const turn: Claim = { worker, now, allowance, jobs, ...state };
  const dry = demands.map((demand, at) => {
    turn.at = at;
    return serve(session, demand, turn);
  });
  saveSpent(session, allowance);
  const { held, freeAt } = turn;
  const paused = pausedIfChanged(session, now);
  return { jobs, dry, asks: asksOf(session, worker), paused, held, freeAt };
}

/** Fills one demand; whether nothing that it could take is left. */
function serve(session: Session, demand: Demand, turn: Claim): boolean {
  const lanes = openLanes(session, demand, turn);
  if (lanes.length === 0) return true;
  const { allowance, at } = turn;
  let slots = demand.slots;
  if (demand.suspect && slots > 0) slots -= takeSuspect(session, lanes, turn);
  if (slots > 0) {
    take(
      session,
      planSlots(supplies(lanes), slots, allowance, turnsOf(session, at * 2)),
      turn,
      false,
    );
  }
  if (demand.ahead.length > 0) {
    const turns = turnsOf(session, at * 2 + 1);
    take(session, planAhead(supplies(lanes), demand.ahead, allowance, turns), turn, true);
  }
  return lanes.map(({ lane }) => isDone(lane, turn)).every((done) => done);
}

/** Lanes of the demanded names that have something, and are not paused. */
function openLanes(session: Session, { names }: Demand, turn: Claim): Open[] {
  const wanted = new Set(names);
  const open: Open[] = [];
  for (const lane of session.book.lanes()) {
    if (lane.counts.available === 0 || !wanted.has(lane.name)) continue;
    const queue = session.book.queue(lane.queue);
    if (!isPaused(queue, turn.now)) open.push({ ...namesOf(lane), lane, has: plain(lane) });
    else if (queue.pausedUntil !== undefined) freeBy(turn, queue.pausedUntil);
  }
  return open;
}

function namesOf({ queue, name }: Lane): { queue: string; name: string } {
  return { queue, name };
}

/** What is left in lanes that earlier passes of the claim took from. */
function supplies(lanes: readonly Open[]): Open[] {
  return lanes.map((open) => ({ ...open, has: plain(open.lane) }));
}

/** Nothing of the lane could be taken now; notes what would change that. */
function isDone(lane: Lane, turn: Claim): boolean {
  if (plain(lane) <= 0) return true;
  const { allowance } = turn;
  if (allowance.left(lane.queue, lane.name) > 0) return false;
  const freeAt = allowance.freeAt(lane.queue);
  if (freeAt === undefined) turn.held = true;
  else freeBy(turn, freeAt);
  return true;
}

function freeBy(turn: Claim, at: number): void {
  turn.freeAt = Math.min(turn.freeAt ?? at, at);
}

/** After a crash one suspect runs at a time, so that the next crash names the culprit. */
function takeSuspect(session: Session, lanes: readonly Open[], turn: Claim): number {
  const { allowance, worker } = turn;
  const suspected = lanes.filter(
    ({ lane }) => lane.suspects > 0 && allowance.left(lane.queue, lane.name) > 0,
  );
  if (suspected.length === 0 || runsSuspect(session, worker)) return 0;
  const next = suspected
    .flatMap(({ lane }) => {
      const row = session.sql(read.nextSuspect).get(lane.key) as NextRow | undefined;
      return row === undefined ? [] : [{ lane, row, suspect: true, ahead: false }];
    })
    .sort((one, other) => inOrder(one.row, other.row))
    .slice(0, 1);
  for (const { lane } of next) allowance.take(lane.queue, lane.name);
  move(session, next, turn);
  return next.length;
}

function runsSuspect(session: Session, worker: number): boolean {
  for (const { key, counts } of session.book.lanes()) {
    if (counts.running === 0) continue;
    if (session.sql(read.runningSuspect).get(key, worker) !== undefined) return true;
  }
  return false;
}

function asksOf(session: Session, worker: number): readonly RunAsk[] {
  if (!session.strangers) return [];
  session.strangers = false;
  return session.sql(read.askedRuns).all(worker) as RunAsk[];
}

function pausedIfChanged(session: Session, now: number): readonly string[] | undefined {
  const paused: string[] = [];
  for (const queue of session.book.queues()) if (isPaused(queue, now)) paused.push(queue.name);
  paused.sort();
  const told = JSON.stringify(paused);
  if (told === session.toldPaused) return undefined;
  session.toldPaused = told;
  return paused;
}
