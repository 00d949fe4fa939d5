import type Database from "better-sqlite3";
import { assert } from "../../base/assert.ts";
import { type JobState, jobStates } from "../../job/state.ts";
import { newQueue, type QueueState } from "../queue-state.ts";
import { queueValues, stateOfQueue } from "./queuerow.ts";
import * as read from "./read.sql.ts";
import type { Row, Value } from "./session.ts";
import * as write from "./write.sql.ts";

/** One job name in one queue, with its counts. */
export interface Lane {
  readonly key: number;
  readonly queue: string;
  readonly name: string;
  readonly counts: Record<JobState, number>;
  /** Of the available ones: those that a crash made suspects. */
  suspects: number;
  finalBytes: number;
  dirty: boolean;
}

type Sql = (text: string) => Database.Statement<Value[]>;

/**
 * What the writer keeps in memory between transactions: lanes with their counts, queues with their
 * settings, jobs with a limit, and the counters of row numbers and fences. It is read again
 * whenever another connection wrote
 * (`PRAGMA data_version`) or a transaction was rolled back, and saved in the transaction that
 * changed it.
 */
export class Book {
  /** Other runtimes of this namespace, by key. */
  others: readonly Row[] = [];
  readonly #namespace: number;
  readonly #sql: Sql;
  #version = -1;
  #byName = new Map<string, Lane>();
  #byKey = new Map<number, Lane>();
  #byQueue = new Map<string, Lane[]>();
  #byJob = new Map<string, Lane[]>();
  #queues = new Map<string, QueueState>();
  #dirtyQueues = new Set<QueueState>();
  #limitedJobs = new Map<string, number>();
  #counters = new Map<string, number>();
  #dirtyCounters = new Set<string>();

  constructor(namespace: number, sql: Sql) {
    this.#namespace = namespace;
    this.#sql = sql;
  }

  /**
   * Must be called first in every transaction: reads again what may be stale. Whether it had to.
   */
  refresh(dataVersion: number): boolean {
    if (dataVersion === this.#version) return false;
    this.#load();
    this.#version = dataVersion;
    return true;
  }

  /** Forgets everything, after a rollback. */
  forget(): void {
    this.#version = -1;
  }

  /** Writes the changed lanes and counters; the last step of a transaction. */
  save(): void {
    for (const lane of this.#byKey.values()) if (lane.dirty) this.#saveLane(lane);
    for (const queue of this.#dirtyQueues) {
      this.#sql(write.saveQueue).run(this.#namespace, ...queueValues(queue));
    }
    this.#dirtyQueues.clear();
    for (const name of this.#dirtyCounters) {
      this.#sql(write.saveCounter).run(name, this.#counters.get(name) ?? 0);
    }
    this.#dirtyCounters.clear();
  }

  lane(queue: string, name: string): Lane {
    return this.#byName.get(laneName(queue, name)) ?? this.#addLane(queue, name);
  }

  laneByKey(key: number): Lane {
    const lane = this.#byKey.get(key);
    assert(lane !== undefined, `a job names lane ${key}, which its file does not have`);
    return lane;
  }

  lanes(): Iterable<Lane> {
    return this.#byKey.values();
  }

  lanesOfQueue(queue: string): readonly Lane[] {
    return this.#byQueue.get(queue) ?? [];
  }

  lanesOfJob(name: string): readonly Lane[] {
    return this.#byJob.get(name) ?? [];
  }

  /** The queue of that name, known from now on. Say `touched` after a change of it. */
  queue(name: string): QueueState {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = newQueue(name);
    this.#queues.set(name, queue);
    this.touched(queue);
    return queue;
  }

  knows(queue: string): boolean {
    return this.#queues.has(queue);
  }

  queues(): Iterable<QueueState> {
    return this.#queues.values();
  }

  touched(queue: QueueState): void {
    this.#dirtyQueues.add(queue);
  }

  /** How many of a job may run at once, over all processes; undefined: any number. */
  concurrency(job: string): number | undefined {
    return this.#limitedJobs.get(job);
  }

  limitJob(job: string, concurrency: number | undefined): void {
    if (concurrency === undefined) this.#limitedJobs.delete(job);
    else this.#limitedJobs.set(job, concurrency);
  }

  /** Moves one job's count, or `count` of them. Undefined: it comes from or goes to nowhere. */
  shift(lane: Lane, from: JobState | undefined, to: JobState | undefined, count = 1): void {
    if (from !== undefined) lane.counts[from] = Math.max(0, lane.counts[from] - count);
    if (to !== undefined) lane.counts[to] += count;
    lane.dirty = true;
  }

  nextSeq(count: number): number {
    return this.#advance("seq", count) - count + 1;
  }

  nextFence(): number {
    return this.#advance("fence", 1);
  }

  nextRevision(): number {
    return this.#advance("revision", 1);
  }

  #load(): void {
    this.#byName = new Map();
    this.#byKey = new Map();
    this.#byQueue = new Map();
    this.#byJob = new Map();
    for (const row of this.#rowsOf(read.lanes)) this.#remember(laneOf(row));
    const counters = this.#sql(read.counters).all() as { name: string; value: number }[];
    this.#counters = new Map(counters.map(({ name, value }) => [name, value]));
    this.#dirtyCounters = new Set();
    const queues = this.#rowsOf(read.queues).map(stateOfQueue);
    this.#queues = new Map(queues.map((queue) => [queue.name, queue]));
    this.#dirtyQueues = new Set();
    const limited = this.#rowsOf(read.limitedJobs);
    this.#limitedJobs = new Map(limited.map((row) => [String(row.name), Number(row.concurrency)]));
    this.others = this.#rowsOf(read.workers);
  }

  #rowsOf(text: string): Row[] {
    return this.#sql(text).all(this.#namespace) as Row[];
  }

  #remember(lane: Lane): Lane {
    this.#byName.set(laneName(lane.queue, lane.name), lane);
    this.#byKey.set(lane.key, lane);
    addTo(this.#byQueue, lane.queue, lane);
    addTo(this.#byJob, lane.name, lane);
    return lane;
  }

  #addLane(queue: string, name: string): Lane {
    this.queue(queue);
    const row = this.#sql(write.insertLane).get(this.#namespace, queue, name);
    const { key } = row as { key: number };
    const counts = noCounts();
    return this.#remember({ key, queue, name, counts, suspects: 0, finalBytes: 0, dirty: false });
  }

  #saveLane(lane: Lane): void {
    // The columns of `saveLane` stand in the order of `jobStates`.
    const counts = jobStates.map((state) => lane.counts[state]);
    this.#sql(write.saveLane).run(...counts, lane.suspects, lane.finalBytes, lane.key);
    lane.dirty = false;
  }

  #advance(name: string, count: number): number {
    const value = (this.#counters.get(name) ?? 0) + count;
    this.#counters.set(name, value);
    this.#dirtyCounters.add(name);
    return value;
  }
}

function addTo(lanes: Map<string, Lane[]>, key: string, lane: Lane): void {
  const known = lanes.get(key);
  if (known === undefined) lanes.set(key, [lane]);
  else known.push(lane);
}

export function laneOf(row: Row): Lane {
  const counts = noCounts();
  for (const state of jobStates) counts[state] = Number(row[state]);
  return {
    key: Number(row.key),
    queue: String(row.queue),
    name: String(row.name),
    counts,
    suspects: Number(row.suspects),
    finalBytes: Number(row.final_bytes),
    dirty: false,
  };
}

export function noCounts(): Record<JobState, number> {
  return {
    scheduled: 0,
    available: 0,
    running: 0,
    retryable: 0,
    completed: 0,
    stopped: 0,
    cancelled: 0,
    dead: 0,
  };
}

function laneName(queue: string, name: string): string {
  return `${queue}\u0000${name}`;
}
