import { Heap } from "../../base/heap.ts";
import type { JobId } from "../../job/job.ts";
import type { StoredDefinition } from "../../job/registry.ts";
import {
  type FinalState,
  finalStates,
  isFinal,
  type JobState,
  jobStates,
} from "../../job/state.ts";
import type { CommandRow } from "../../protocol/command.ts";
import type { SpawnedRun } from "../../protocol/rescue.ts";
import type { Declarations, NewWorker } from "../../protocol/write.ts";
import { declareQueue, isPaused, newQueue, type QueueState } from "../queue-state.ts";
import { BusTable } from "./bus.ts";
import { compare, Finals, placeOf } from "./finals.ts";
import { Hooks, tellHook } from "./hooks.ts";
import { Keys } from "./keys.ts";
import { Lanes } from "./lanes.ts";
import type { OwnedLock } from "./leases.ts";
import { bytesOf, dueBefore, type Row, type RowPatch } from "./row.ts";
import { Runs } from "./runs.ts";
import { ScheduleTable } from "./schedule-table.ts";

export interface Worker extends NewWorker {
  readonly number: number;
  /** Stands in for the operating system's lock: free once the worker's store closed. */
  lock: { held: boolean };
}

export interface Queue extends QueueState {
  readonly counts: Record<JobState, number>;
  /** Names of jobs seen in it. */
  readonly jobs: Set<string>;
}

export interface LingeringRun {
  readonly queue: string;
  readonly name: string;
  readonly owner: number;
  readonly seq: number;
  readonly fence: number;
}

/** All of one namespace: the rows and the indexes that follow them. */
export class Table {
  /** By seq, and so in the order of insertion: no seq comes twice. */
  readonly rows = new Map<number, Row>();
  readonly byId = new Map<string, Row>();
  readonly lanes = new Lanes();
  /** Available rows that must run alone. */
  readonly suspects = new Lanes();
  /** Scheduled and retryable rows. */
  readonly waiting = new Heap<Row>(dueBefore);
  readonly finals: Readonly<Record<FinalState, Finals>> = {
    completed: new Finals(),
    stopped: new Finals(),
    cancelled: new Finals(),
    dead: new Finals(),
  };
  readonly queues = new Map<string, Queue>();
  readonly definitions = new Map<string, StoredDefinition>();
  readonly workers = new Map<number, Worker>();
  /** Runs whose jobs were settled without them. */
  readonly lingering: LingeringRun[] = [];
  /** Stored commands by name, removed ones too. */
  readonly commands = new Map<string, CommandRow>();
  readonly keys = new Keys();
  /** Processes of commands that run, by their worker's number. */
  readonly processes = new Map<number, SpawnedRun[]>();
  readonly schedules = new ScheduleTable();
  readonly runs = new Runs();
  readonly locks = new Map<string, OwnedLock>();
  readonly hooks = new Hooks();
  readonly bus = new BusTable();
  finalBytes = 0;
  /** When the write that is being done is made. */
  now = 0;
  /** Rises with every change that another store may want to know of. */
  changes = 0;
  readonly #running = new Map<number, Set<Row>>();
  readonly #children = new Map<JobId, Set<JobId>>();

  insert(row: Row): void {
    this.changes++;
    this.rows.set(row.seq, row);
    this.byId.set(row.id, row);
    if (row.parent !== undefined) {
      const children = this.#children.get(row.parent) ?? new Set();
      this.#children.set(row.parent, children.add(row.id));
    }
    this.queue(row.queue).jobs.add(row.name);
    this.#index(row);
  }

  /** Every change of a row goes through here: out of its indexes, changed, and back in. */
  change(row: Row, patch: RowPatch): void {
    this.changes++;
    const before = row.state;
    this.#unindex(row);
    Object.assign(row, patch);
    this.#index(row);
    this.keys.follow(row, before);
    if (row.state !== before) tellHook(this, row);
  }

  delete(row: Row): void {
    this.changes++;
    this.runs.close(row);
    this.#unindex(row);
    this.rows.delete(row.seq);
    this.byId.delete(row.id);
    const siblings = row.parent === undefined ? undefined : this.#children.get(row.parent);
    siblings?.delete(row.id);
    if (siblings?.size === 0) this.#children.delete(row.parent as JobId);
  }

  /** Ids of jobs that a job's handler made, the newest first. */
  newestChildren(id: JobId, limit: number): JobId[] {
    return [...(this.#children.get(id) ?? [])].slice(-limit).reverse();
  }

  /** The queue of that name, known from now on. */
  queue(name: string): Queue {
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    const counts = Object.fromEntries(jobStates.map((state) => [state, 0]));
    const queue = {
      ...newQueue(name),
      counts: counts as Record<JobState, number>,
      jobs: new Set<string>(),
    };
    this.queues.set(name, queue);
    return queue;
  }

  declare({ definitions, queues = [] }: Declarations, now: number): void {
    this.changes++;
    for (const definition of definitions) {
      this.definitions.set(definition.name, { ...definition });
      this.queue(definition.queue);
    }
    for (const declared of queues) declareQueue(this.queue(declared.name), declared, now);
  }

  /** The rows that a worker runs, in the order of their numbers. */
  runningOf(worker: number): Row[] {
    return [...(this.#running.get(worker) ?? [])].sort((one, other) => one.seq - other.seq);
  }

  runningCount(worker: number): number {
    return this.#running.get(worker)?.size ?? 0;
  }

  /** The final row that finished last. */
  newestFinal(): Row | undefined {
    const newest = finalStates.flatMap((state) => this.finals[state].newest() ?? []);
    return newest.sort((one, other) => compare(placeOf(one), placeOf(other))).at(-1);
  }

  runningOfName(name: string): number {
    let count = 0;
    for (const rows of this.#running.values())
      for (const row of rows) if (row.name === name) count++;
    return count;
  }

  /** Running rows and lingering runs of all workers: what a limit counts. */
  taken(chosen: (place: { queue: string; name: string }) => boolean): number {
    let count = this.lingering.filter(chosen).length;
    for (const rows of this.#running.values()) {
      for (const row of rows) if (chosen(row)) count++;
    }
    return count;
  }

  availableIn(queue: string, name: string): number {
    const lanes = [...this.lanes.of([name]), ...this.suspects.of([name])];
    return lanes.reduce((sum, lane) => sum + (lane.queue === queue ? lane.has : 0), 0);
  }

  /** The names of the queues that are paused. */
  paused(now: number): string[] {
    const paused = [...this.queues.values()].filter((queue) => isPaused(queue, now));
    return paused.map(({ name }) => name).sort();
  }

  #index(row: Row): void {
    this.queue(row.queue).counts[row.state]++;
    if (isFinal(row.state)) {
      this.finals[row.state].add(row);
      this.finalBytes += bytesOf(row);
    } else if (row.state === "running") this.#runningSet(row).add(row);
    else if (row.state !== "available") row.entry = this.waiting.push(row);
    else (row.suspect ? this.suspects : this.lanes).add(row);
  }

  #unindex(row: Row): void {
    this.queue(row.queue).counts[row.state]--;
    if (isFinal(row.state)) {
      this.finals[row.state].remove(row);
      this.finalBytes -= bytesOf(row);
    } else if (row.state === "running") this.#leaveRunning(row);
    else if (row.state === "available") (row.suspect ? this.suspects : this.lanes).remove(row);
    else if (row.entry !== undefined) {
      this.waiting.remove(row.entry);
      row.entry = undefined;
    }
  }

  #runningSet(row: Row): Set<Row> {
    const owner = row.owner ?? 0;
    const set = this.#running.get(owner) ?? new Set<Row>();
    this.#running.set(owner, set);
    return set;
  }

  #leaveRunning(row: Row): void {
    const set = this.#runningSet(row);
    set.delete(row);
    if (set.size === 0) this.#running.delete(row.owner ?? 0);
  }
}
