import type { ClaimedJob } from "../../job/job.ts";
import type { PlannedRun } from "../../job/run.ts";
import type { ClaimAnswer, Demand, RunAsk } from "../../protocol/write.ts";
import { Allowance } from "../allowance.ts";
import { type Plan, planAhead, planSlots } from "../plan.ts";
import { isPaused } from "../queue-state.ts";
import { firstOf, type Lane } from "./lanes.ts";
import { bytesOf, type Row } from "./row.ts";
import { type Session, turnsOf } from "./session.ts";
import type { Table } from "./table.ts";

type Write = { worker: number; demands: readonly Demand[]; now: number };

/** One claim write under way: it has one fence, drawn when it takes its first job. */
interface Turn {
  session: Session;
  worker: number;
  now: number;
  fence: number | undefined;
  allowance: Allowance;
  jobs: ClaimedJob[];
  held: boolean;
  freeAt: number | undefined;
}

export function claim(session: Session, { worker, demands, now }: Write): ClaimAnswer {
  const { table } = session;
  const allowance = allowanceOf(table, now);
  const state = { fence: undefined, held: false, freeAt: undefined };
  const turn: Turn = { session, worker, now, allowance, jobs: [], ...state };
  const dry = demands.map((demand, at) => serve(turn, demand, at));
  for (const { queue, bucket } of allowance.spent()) table.queue(queue).bucket = bucket;
  const { jobs, held, freeAt } = turn;
  const asks = newAsks(session, worker);
  return { jobs, dry, asks, paused: newPaused(session, now), held, freeAt };
}

function allowanceOf(table: Table, now: number): Allowance {
  const facts = {
    settings: (queue: string) => table.queue(queue).settings,
    bucket: (queue: string) => table.queue(queue).bucket,
    concurrency: (job: string) => table.definitions.get(job)?.concurrency,
    runningInQueue: (queue: string) => table.taken((place) => place.queue === queue),
    runningOfJob: (job: string) => table.taken((place) => place.name === job),
  };
  return new Allowance(facts, now);
}

/** Fills one demand; whether nothing that it could take is left. */
function serve(turn: Turn, { names, slots, ahead, suspect }: Demand, at: number): boolean {
  const { session, allowance } = turn;
  notePauses(turn, names);
  const suspects = suspect && slots > 0 ? takeSuspect(turn, names) : 0;
  const left = Math.max(0, slots - suspects);
  take(
    turn,
    planSlots(open(turn, "lanes", names), left, allowance, turnsOf(session, at * 2)),
    false,
  );
  const turns = turnsOf(session, at * 2 + 1);
  take(turn, planAhead(open(turn, "lanes", names), ahead, allowance, turns), true);
  return open(turn, "lanes", names)
    .map((lane) => isDone(turn, lane))
    .every((done) => done);
}

/** Nothing of the lane could be taken now; notes what would change that. */
function isDone(turn: Turn, { queue, name }: Lane): boolean {
  const { allowance } = turn;
  if (allowance.left(queue, name) > 0) return false;
  const freeAt = allowance.freeAt(queue);
  if (freeAt === undefined) turn.held = true;
  else turn.freeAt = Math.min(turn.freeAt ?? freeAt, freeAt);
  return true;
}

/** The end of a pause frees what waits behind it. */
function notePauses(turn: Turn, names: readonly string[]): void {
  const { table } = turn.session;
  for (const { queue } of [...table.lanes.of(names), ...table.suspects.of(names)]) {
    const { pausedUntil } = table.queue(queue);
    if (pausedUntil === undefined || !isPaused(table.queue(queue), turn.now)) continue;
    turn.freeAt = Math.min(turn.freeAt ?? pausedUntil, pausedUntil);
  }
}

function take(turn: Turn, { shares, order }: Plan<Lane>, ahead: boolean): void {
  for (const at of order) {
    const lanes = shares[at]?.lanes ?? [];
    const free = lanes.filter(({ queue, name }) => turn.allowance.left(queue, name) > 0);
    hand(turn, firstOf(free.map(({ rows }) => rows)), ahead);
  }
}

/** After a crash one suspect runs at a time, so that the next crash names the culprit. */
function takeSuspect(turn: Turn, names: readonly string[]): number {
  const { session, worker, allowance } = turn;
  if (session.table.runningOf(worker).some((row) => row.suspect)) return 0;
  const lanes = open(turn, "suspects", names);
  const free = lanes.filter(({ queue, name }) => allowance.left(queue, name) > 0);
  const first = firstOf(free.map(({ rows }) => rows));
  hand(turn, first, false);
  return first === undefined ? 0 : 1;
}

/** What can be claimed of the names, without paused queues. */
function open(turn: Turn, kind: "lanes" | "suspects", names: readonly string[]): Lane[] {
  const { table } = turn.session;
  return table[kind].of(names).filter(({ queue }) => !isPaused(table.queue(queue), turn.now));
}

function hand(turn: Turn, row: Row | undefined, ahead: boolean): void {
  if (row === undefined) return;
  const { session, worker, now } = turn;
  turn.fence ??= ++session.counters.fence;
  turn.allowance.take(row.queue, row.name);
  session.table.change(row, {
    state: "running",
    attempt: row.attempt + 1,
    fence: turn.fence,
    owner: worker,
    startedAt: ahead ? undefined : now,
    progress: undefined,
    checkIn: undefined,
    checkInAt: undefined,
    result: undefined,
  });
  turn.jobs.push({ ...claimedOf(row, ahead), schedule: plannedOf(turn, row) });
}

function plannedOf({ session, worker }: Turn, row: Row): PlannedRun | undefined {
  const { runs, workers } = session.table;
  const run = runs.claimed(row, workers.get(worker)?.id ?? "")?.fixed;
  return run?.schedule === undefined ? undefined : { name: run.schedule, planAt: run.planAt };
}

function claimedOf(row: Row, ahead: boolean): Omit<ClaimedJob, "schedule"> {
  const { seq, id, name, queue, args, attempt, maxAttempts, fence, timeoutMs, suspect, tags } = row;
  const { unique, depth, meta, hook } = row;
  const bytes = bytesOf(row);
  // Rows are found by seq alone: the lane's number is for engines that count by it.
  const lane = 0;
  return {
    ...{ seq, lane, id, name, queue, args, bytes, attempt, maxAttempts, fence, timeoutMs },
    ...{ suspect, ahead, runAt: row.dueAt, tags: tags.length === 0 ? undefined : tags },
    ...{ unique: unique !== undefined, depth, meta, hooked: hook !== undefined },
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

function newPaused(session: Session, now: number): readonly string[] | undefined {
  const paused = session.table.paused(now);
  const told = JSON.stringify(paused);
  if (told === session.toldPaused) return undefined;
  session.toldPaused = told;
  return paused;
}
