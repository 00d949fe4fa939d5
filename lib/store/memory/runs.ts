import type { NewRun } from "../../job/run.ts";
import type { SkipReason } from "../../job/schedule-policy.ts";
import { isFinal } from "../../job/state.ts";
import type { RunRow, SkippedSlots, WaitingRun } from "../../protocol/schedule.ts";
import type { Unfinished } from "../firing.ts";
import type { Row } from "./row.ts";
import { newRecord, type RunRecord, recordOf } from "./run-record.ts";
import type { LingeringRun } from "./table.ts";

/** The runs of one namespace, in the order of their records. */
export class Runs {
  readonly #records = new Map<number, RunRecord>();
  readonly #byJob = new Map<Row, RunRecord>();
  /** By schedule: those that may not be over. Who must know looks, and drops what is. */
  readonly #open = new Map<string, Set<RunRecord>>();
  readonly #waiting = new Set<RunRecord>();
  /** Planned times that had a run, or were skipped one by one. */
  readonly #slots = new Set<string>();
  #key = 0;

  /** The run of a job that was inserted. */
  begin(run: NewRun, row: Row): void {
    const record = this.#add(newRecord(++this.#key, run, row.name));
    record.row = row;
    this.#byJob.set(row, record);
    this.#openIn(record);
  }

  keepWaiting(waiting: WaitingRun): void {
    const record = this.#add(newRecord(++this.#key, waiting.run, waiting.job.name));
    record.waiting = waiting;
    this.#waiting.add(record);
    this.#openIn(record);
  }

  skip(run: NewRun, name: string, skipReason: SkipReason, error: string | undefined): void {
    const { fixed } = this.#add(newRecord(++this.#key, run, name));
    Object.assign(fixed, { outcome: "skipped", skipReason, error });
  }

  skipMany(schedule: string, skipped: SkippedSlots, now: number): void {
    const { id, name, from, until, count, more, reason } = skipped;
    const times = { planAt: from, scheduleAt: Math.max(now, from) };
    const run = { id, schedule, trigger: "cron", ...times, isCommand: false } as const;
    const record = newRecord(++this.#key, run, name);
    const told = { outcome: "skipped", skipReason: reason } as const;
    Object.assign(record.fixed, told, { skipped: { count, more, untilAt: until } });
    this.#records.set(record.key, record);
  }

  /** The run of a job; undefined where none is kept. */
  of(row: Row): RunRecord | undefined {
    return this.#byJob.get(row);
  }

  claimed(row: Row, worker: string): RunRecord | undefined {
    const record = this.#byJob.get(row);
    if (record !== undefined) record.worker = worker;
    return record;
  }

  /** Its job starts over. */
  reopen(row: Row): void {
    const record = this.#byJob.get(row);
    if (record !== undefined) this.#openIn(record);
  }

  /** Its job goes: how it ended stays. */
  close(row: Row): void {
    const record = this.#byJob.get(row);
    if (record === undefined) return;
    Object.assign(record.fixed, recordOf(record));
    record.fixed.outcome ??= "deleted";
    record.row = undefined;
    this.#byJob.delete(row);
    this.#openOf(record.fixed.schedule).delete(record);
  }

  hasRun(schedule: string, planAt: number): boolean {
    return this.#slots.has(slotOf({ schedule, planAt }));
  }

  unfinished(schedule: string, lingering: readonly LingeringRun[]): Unfinished {
    const lingers = ({ seq }: Row) => lingering.some((run) => run.seq === seq);
    const unfinished = { running: [] as string[], available: [] as string[], waiting: 0 };
    for (const record of this.#openOf(schedule)) {
      const { row } = record;
      if (row === undefined) unfinished.waiting++;
      else if (row.state === "running" || lingers(row)) unfinished.running.push(row.id);
      else if (isFinal(row.state)) this.#openOf(schedule).delete(record);
      else unfinished.available.push(row.id);
    }
    return unfinished;
  }

  /** All jobs of its runs that are not final. */
  openJobs(schedule: string): string[] {
    return [...this.#openOf(schedule)].flatMap(({ row }) => {
      return row === undefined || isFinal(row.state) ? [] : [row.id];
    });
  }

  get anyWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  firstWaiting(limit: number): WaitingRun[] {
    const first = new Map<string | undefined, WaitingRun>();
    for (const { waiting } of this.#waiting) {
      if (waiting === undefined || first.has(waiting.run.schedule)) continue;
      first.set(waiting.run.schedule, waiting);
    }
    return [...first.values()].slice(0, limit);
  }

  dropWaiting(chosen: (waiting: WaitingRun) => boolean): WaitingRun[] {
    return [...this.#waiting].flatMap((record) => {
      const { waiting } = record;
      if (waiting === undefined || !chosen(waiting)) return [];
      this.#drop(record);
      return [waiting];
    });
  }

  running(schedule: string): number {
    const open = [...this.#openOf(schedule)];
    return open.filter(({ row }) => row?.state === "running").length;
  }

  /** Newest first. */
  list(chosen: (run: RunRow) => boolean): RunRow[] {
    return [...this.#records.values()].map(recordOf).filter(chosen).reverse();
  }

  /** Drops what is over and past its age or its count, at most `limit`; returns how many. */
  prune(before: number, count: number, limit: number): number {
    let dropped = 0;
    for (const record of this.#records.values()) {
      const { key, row, waiting, fixed } = record;
      if (row !== undefined || waiting !== undefined) continue;
      if (dropped >= limit || (fixed.scheduleAt >= before && key > this.#key - count)) break;
      this.#drop(record);
      dropped++;
    }
    return dropped;
  }

  #add(record: RunRecord): RunRecord {
    this.#records.set(record.key, record);
    if (record.fixed.trigger !== "manual") this.#slots.add(slotOf(record.fixed));
    return record;
  }

  #drop(record: RunRecord): void {
    this.#records.delete(record.key);
    this.#waiting.delete(record);
    this.#openOf(record.fixed.schedule).delete(record);
    const { trigger, skipped } = record.fixed;
    if (trigger !== "manual" && skipped === undefined) this.#slots.delete(slotOf(record.fixed));
  }

  #openIn(record: RunRecord): void {
    const { schedule } = record.fixed;
    if (schedule === undefined) return;
    const open = this.#openOf(schedule);
    open.add(record);
    this.#open.set(schedule, open);
  }

  #openOf(schedule: string | undefined): Set<RunRecord> {
    return this.#open.get(schedule ?? "") ?? new Set();
  }
}

function slotOf({ schedule, planAt }: Pick<RunRow, "schedule" | "planAt">): string {
  return `${planAt} ${schedule}`;
}
