import type { ClaimedJob } from "../../lib/job/job.ts";
import type { Outcome } from "../../lib/job/outcome.ts";
import type { HeldLock, LockAnswers, LockRow } from "../../lib/protocol/lock.ts";
import type { ChangeCursor } from "../../lib/protocol/query.ts";
import type { Write, WriteAnswer, WriteAnswers } from "../../lib/protocol/write.ts";
import {
  definition,
  job,
  keptRuns,
  type Member,
  member,
  one,
  outcomes,
  settlement,
  type TestStorage,
  t0,
} from "./kit.ts";
import type { Step, StepEnd, Turn } from "./steps.ts";

const infinity = Number.POSITIVE_INFINITY;
const definitions = [
  definition("mail", { crashLimit: 2, concurrency: 3 }),
  definition("free", { crashLimit: infinity }),
];

const queues = [{ name: "post", settings: { weight: 5 }, paused: undefined }];

/** What one turn did. */
export interface Done {
  /** Who acted. */
  by: Seat;
  now: number;
  writes: readonly Write[];
  answers: readonly WriteAnswer[];
}

/** A process's place: when it dies, another one takes it. */
export interface Seat {
  member: Member;
  /** The paused queues as its claims told them. */
  paused: readonly string[];
  /** Ids asked to end by another store since its last claim. */
  asked: Set<string>;
  cursor: ChangeCursor | undefined;
  /** What was handed to it, also what ended. */
  runs: ClaimedJob[];
  /** Locks that it got, also those that it lost. */
  leases: HeldLock[];
  /** By name, the holder that its last look found. */
  seen: Map<string, LockRow>;
}

/** Plays turns on one storage, and remembers what was handed out. */
export class Driver {
  readonly #storage: TestStorage;
  readonly #namespace: string;
  readonly seats: Seat[] = [];
  /** Everything handed out so far, also what ended. */
  readonly runs: ClaimedJob[] = [];
  readonly workerIds = new Map<number, string>();
  now = t0;
  #members = 0;

  /** A namespace of its own makes a storage as good as new. */
  constructor(storage: TestStorage, namespace: string) {
    this.#storage = storage;
    this.#namespace = namespace;
  }

  async start(): Promise<void> {
    for (const at of [0, 1]) this.seats[at] = await this.#newSeat();
  }

  async stop(): Promise<void> {
    for (const { member } of this.seats) await member.store.close();
  }

  async play(turn: Turn): Promise<Done> {
    this.now += turn.waitMs;
    const by = this.seats[turn.who] as Seat;
    if (turn.type === "batch") return this.#batch(by, turn.steps);
    const { store, worker } = by.member;
    if (turn.type === "leave") await one(store, { type: "leave", worker, now: this.now });
    await store.close();
    this.seats[turn.who] = await this.#newSeat();
    return { by, now: this.now, writes: [], answers: [] };
  }

  async #batch(by: Seat, steps: readonly Step[]): Promise<Done> {
    const writes = steps.map((step) => this.#writeOf(by, step));
    const answers = await by.member.store.apply(writes);
    writes.forEach((write, at) => {
      if (write.type === "acquire") note(by, write.name, answers[at] as LockAnswers["acquire"]);
      if (write.type !== "claim") return;
      const { jobs } = answers[at] as WriteAnswers["claim"];
      this.runs.push(...jobs);
      by.runs.push(...jobs);
    });
    return { by, now: this.now, writes, answers };
  }

  async #newSeat(): Promise<Seat> {
    const namespace = this.#namespace;
    const id = `${namespace}-${++this.#members}`;
    const joined = await member(this.#storage, id, { definitions, queues, namespace });
    this.workerIds.set(joined.worker, id);
    const { cursor } = await joined.store.read({
      ...{ type: "changes", since: undefined, tracked: [], limit: 1 },
    });
    return {
      member: joined,
      paused: [],
      asked: new Set(),
      cursor,
      runs: [],
      ...{ leases: [], seen: new Map() },
    };
  }

  #writeOf(by: Seat, step: Step): Write {
    const { now } = this;
    const { worker } = by.member;
    switch (step.type) {
      case "enqueue": {
        const jobs = step.jobs.map(({ inMs, ...rest }, at) =>
          job(rest.id, {
            ...rest,
            // Replaced arguments differ in bytes from those that they replace.
            args: JSON.stringify("x".repeat((now + at) % 7)),
            withPrevious: at > 0 && rest.withPrevious,
            runAt: inMs === undefined ? undefined : now + inMs,
          }),
        );
        return { type: "enqueue", jobs, now };
      }
      case "claim": {
        const { names, slots, suspect } = step;
        const ahead = names.map((name) => ({ name, count: step.ahead }));
        return { type: "claim", worker, now, demands: [{ names, slots, suspect, ahead }] };
      }
      case "settle":
        return this.#settleOf(by, step);
      case "prune":
        return pruneOf(step, now);
      case "enter":
        return {
          type: "enter",
          runs: picked(by, step.run).map((run) => ({ ...run, startedAt: now })),
        };
      case "note": {
        const { progress } = step;
        const notes = picked(by, step.run).map(({ seq, fence }) => ({ seq, fence, progress }));
        return {
          type: "note",
          notes: notes.map((note) => ({ ...note, checkIn: undefined, at: now })),
        };
      }
      case "end":
        return { ...step, reason: `${step.move} at ${now}`, now };
      case "retry":
      case "promote":
        return { ...step, now };
      case "pause":
        return { type: "pause", queue: step.queue, until: untilOf(step, now), now };
      case "resume":
      case "configure":
        return { ...step, now };
      case "cease":
        return { type: "cease", runs: picked(by, step.run) };
      case "purge":
        return { ...step, limit: 1_000 };
      case "rescue":
        return { type: "rescue", worker, now };
      case "acquire": {
        const { name, ttlMs, back } = step;
        const asked = { name, ttlMs, holder: "somebody", jobId: undefined };
        // The clock is set back for a moment, and what was seen before is told.
        const at = back ? now - 3_000 : now;
        return { type: "acquire", ...asked, seen: back ? by.seen.get(name) : undefined, now: at };
      }
      case "renew":
        return { type: "renew", leases: by.leases.slice(-1 - step.lease), now };
      case "release":
        return { type: "release", leases: by.leases.slice(-1 - step.lease).slice(0, 2) };
      case "delete":
        return step;
      default:
        return step satisfies never;
    }
  }

  #settleOf(by: Seat, step: Extract<Step, { type: "settle" }>): Write {
    const ended = new Set<ClaimedJob>();
    const settlements = step.ends.flatMap((end) =>
      picked(by, end.run).flatMap((run) => {
        // One run ends once; that a second end is late has a test of its own.
        if (ended.has(run)) return [];
        ended.add(run);
        const fence = run.fence + (end.forged ? 1_000_000 : 0);
        const times = { startedAt: this.now - 1, finishedAt: this.now, fence };
        const change = end.lingers && end.outcome !== "completed" ? { lingers: true } : {};
        return [settlement(run, outcomeOf(end, this.now), { ...times, ...change })];
      }),
    );
    const { follower } = step;
    const follows = follower !== undefined && settlements.length > 0;
    const { id = "", unique } = follower ?? {};
    const followers = follows ? [{ of: 0, job: job(id, { unique }) }] : [];
    return { type: "settle", settlements, followers };
  }
}

function note({ leases, seen }: Seat, name: string, answer: LockAnswers["acquire"]): void {
  if (answer.type === "acquired") leases.push({ name, fence: answer.fence });
  else seen.set(name, answer.by);
}

/** The newest runs are picked most: they are the ones that live. */
function picked({ runs }: Seat, run: number): ClaimedJob[] {
  const found = runs[runs.length - 1 - (run % 12)];
  return found === undefined ? [] : [found];
}

function untilOf({ forMs }: Extract<Step, { type: "pause" }>, now: number): number | undefined {
  return forMs === undefined ? undefined : now + forMs;
}

function outcomeOf({ outcome, inMs }: StepEnd, now: number): Outcome {
  const found = outcomes[outcome];
  return "runAt" in found ? { ...found, runAt: now + inMs } : found;
}

function pruneOf(step: Extract<Step, { type: "prune" }>, now: number): Write {
  const { limit, ageMs, count, bytes } = step;
  const each = (value: number) => {
    return { completed: value, stopped: infinity, cancelled: infinity, dead: value };
  };
  return {
    type: "prune",
    retention: { ageMs: each(ageMs), count: each(count), bytes, runs: keptRuns },
    now,
    limit,
  };
}
