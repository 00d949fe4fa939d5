import type { NewJob } from "../../job/job.ts";
import type { NewRun } from "../../job/run.ts";
import type { SkipReason } from "../../job/schedule-policy.ts";
import { isFinal } from "../../job/state.ts";
import type { RunRow, SkippedSlots, WaitingRun } from "../../protocol/schedule.ts";
import type { Unfinished } from "../firing.ts";
import type { Row } from "./row.ts";
import type { LingeringRun } from "./table.ts";

/** A run on record: its job's row says how it goes, as long as there is one. */
export interface RunRecord {
  readonly key: number;
  readonly fixed: RunRow;
  row: Row | undefined;
  readonly waiting: WaitingRun | undefined;
  worker: string | undefined;
}

/** The runs of one namespace, in the order of their records. */
export class Runs {
  readonly #records = new Map<number, RunRecord>();
  readonly #byJob = new Map<Row, RunRecord>();
  #key = 0;

  /** The run of a job that was inserted. */
  begin(run: NewRun, row: Row): void {
    const record = this.#add(fixedOf(run, row.name), row, undefined);
    this.#byJob.set(row, record);
  }

  keepWaiting(waiting: WaitingRun): void {
    this.#add(fixedOf(waiting.run, waiting.job.name), undefined, waiting);
  }

  skip(run: NewRun, name: string, skipReason: SkipReason, error: string | undefined): void {
    this.#add(
      { ...fixedOf(run, name), outcome: "skipped", skipReason, error },
      undefined,
      undefined,
    );
  }

  skipMany(schedule: string, skipped: SkippedSlots, now: number): void {
    const { id, name, from, until, count, more, reason } = skipped;
    const times = { planAt: from, scheduleAt: Math.max(now, from) };
    const run = { id, schedule, trigger: "cron", ...times, isCommand: false } as const;
    const told = { outcome: "skipped", skipReason: reason } as const;
    const fixed = { ...fixedOf(run, name), ...told, skipped: { count, more, untilAt: until } };
    this.#add(fixed, undefined, undefined);
  }

  claimed(row: Row, worker: string): RunRecord | undefined {
    const record = this.#byJob.get(row);
    if (record !== undefined) record.worker = worker;
    return record;
  }

  /** Its job goes: how it ended stays. */
  close(row: Row): void {
    const record = this.#byJob.get(row);
    if (record === undefined) return;
    Object.assign(record.fixed, rowOf(record));
    record.fixed.outcome ??= "deleted";
    record.row = undefined;
    this.#byJob.delete(row);
  }

  hasRun(schedule: string, planAt: number): boolean {
    return this.#some(({ fixed }) => {
      const same = fixed.schedule === schedule && fixed.planAt === planAt;
      return same && fixed.trigger !== "manual" && fixed.skipped === undefined;
    });
  }

  unfinished(schedule: string, lingering: readonly LingeringRun[]): Unfinished {
    const own = this.#all().filter(({ fixed }) => fixed.schedule === schedule);
    const rows = own.flatMap(({ row }) => row ?? []);
    const lingers = ({ seq }: Row) => lingering.some((run) => run.seq === seq);
    const running = rows.filter((row) => row.state === "running" || lingers(row));
    const waits = rows.filter((row) => !isFinal(row.state) && !running.includes(row));
    return {
      running: running.map(({ id }) => id),
      available: waits.map(({ id }) => id),
      waiting: own.filter(({ waiting }) => waiting !== undefined).length,
    };
  }

  firstWaiting(limit: number): WaitingRun[] {
    const first = new Map<string | undefined, WaitingRun>();
    for (const { waiting } of this.#all()) {
      if (waiting === undefined || first.has(waiting.run.schedule)) continue;
      first.set(waiting.run.schedule, waiting);
    }
    return [...first.values()].slice(0, limit);
  }

  dropWaiting(chosen: (waiting: WaitingRun) => boolean): WaitingRun[] {
    return this.#all().flatMap(({ key, waiting }) => {
      if (waiting === undefined || !chosen(waiting)) return [];
      this.#records.delete(key);
      return [waiting];
    });
  }

  running(schedule: string): number {
    const runs = this.#all().filter(({ fixed }) => fixed.schedule === schedule);
    return runs.filter(({ row }) => row?.state === "running").length;
  }

  /** Newest first. */
  list(chosen: (run: RunRow) => boolean): RunRow[] {
    return this.#all().map(rowOf).filter(chosen).reverse();
  }

  /** Drops what is over and past its age or its count, at most `limit`; returns how many. */
  prune(before: number, count: number, limit: number): number {
    let dropped = 0;
    for (const { key, row, waiting, fixed } of this.#all()) {
      const isOver = row === undefined && waiting === undefined;
      if (!isOver) continue;
      if (dropped >= limit || (fixed.scheduleAt >= before && key > this.#key - count)) break;
      this.#records.delete(key);
      dropped++;
    }
    return dropped;
  }

  #all(): RunRecord[] {
    return [...this.#records.values()];
  }

  #some(chosen: (record: RunRecord) => boolean): boolean {
    for (const record of this.#records.values()) if (chosen(record)) return true;
    return false;
  }

  #add(fixed: Omit<RunRow, "key">, row: Row | undefined, waiting: WaitingRun | undefined) {
    const key = ++this.#key;
    const record: RunRecord = { key, fixed: { ...fixed, key }, row, waiting, worker: undefined };
    this.#records.set(key, record);
    return record;
  }
}

function fixedOf(run: NewRun, job: NewJob["name"]): Omit<RunRow, "key"> {
  const { id, schedule, trigger, planAt, scheduleAt, isCommand } = run;
  const unknown = { startAt: undefined, endAt: undefined, outcome: undefined, worker: undefined };
  const told = { skipReason: undefined, skipped: undefined, error: undefined, result: undefined };
  return {
    ...{ id, schedule, job, trigger, planAt, scheduleAt, isCommand, jobId: undefined, attempt: 0 },
    ...unknown,
    ...told,
  };
}

function rowOf({ fixed, row, worker }: RunRecord): RunRow {
  if (row === undefined) return { ...fixed };
  const { id: jobId, state, attempt, startedAt, finishedAt, result, reason, kept } = row;
  const isOver = isFinal(state);
  return {
    ...fixed,
    ...{ jobId, attempt, worker, startAt: startedAt },
    endAt: isOver ? finishedAt : undefined,
    outcome: isOver ? state : undefined,
    result: fixed.isCommand ? result : undefined,
    error: state === "completed" ? undefined : (kept.at(-1)?.error?.message ?? reason),
  };
}
