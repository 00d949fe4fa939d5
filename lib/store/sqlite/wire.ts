import type { ClaimedJob, NewJob } from "../../job/job.ts";
import type { Settlement } from "../../job/outcome.ts";
import type { ClaimAnswer, Write, WriteAnswer } from "../../protocol/write.ts";

/**
 * What crosses the port between host and writer. An array of small objects costs 5 µs an object to
 * clone, the same values in one flat array a tenth: so the three writes of the hot path travel
 * flat, by a fixed number of columns a job, and all others as they are.
 */
export type WireWrite =
  | Exclude<Write, { type: "enqueue" | "settle" }>
  | { type: "enqueue"; flat: unknown[]; now: number }
  | (Omit<Extract<Write, { type: "settle" }>, "settlements"> & { flat: unknown[] });

export type WireAnswer = WriteAnswer | (Omit<ClaimAnswer, "jobs"> & { flat: unknown[] });

export function packWrite(write: Write): WireWrite {
  switch (write.type) {
    case "enqueue":
      return { type: "enqueue", flat: flatten(write.jobs, newJobColumns), now: write.now };
    case "settle":
      return {
        type: "settle",
        flat: flatten(write.settlements, settlementColumns),
        followers: write.followers,
      };
    default:
      return write;
  }
}

export function unpackWrite(wire: WireWrite): Write {
  switch (wire.type) {
    case "enqueue":
      return { type: "enqueue", jobs: unflatten<NewJob>(wire.flat, newJobColumns), now: wire.now };
    case "settle":
      return {
        type: "settle",
        settlements: unflatten<Settlement>(wire.flat, settlementColumns),
        followers: wire.followers,
      };
    default:
      return wire;
  }
}

export function packAnswer(answer: WriteAnswer): WireAnswer {
  if (answer === undefined || !("jobs" in answer)) return answer;
  const { jobs, ...rest } = answer;
  return { ...rest, flat: flatten(jobs, claimedColumns) };
}

export function unpackAnswer(wire: WireAnswer): WriteAnswer {
  if (wire === undefined || !("flat" in wire)) return wire;
  const { flat, ...rest } = wire;
  return { ...rest, jobs: unflatten<ClaimedJob>(flat, claimedColumns) };
}

const newJobColumns: Columns<NewJob> = {
  width: 9,
  write(flat, job) {
    flat.push(job.id, job.name, job.queue, job.args, job.priority, job.runAt, job.maxAttempts);
    flat.push(job.timeoutMs, job.tags);
  },
  read: (f, at) =>
    ({
      id: f[at],
      name: f[at + 1],
      queue: f[at + 2],
      args: f[at + 3],
      priority: f[at + 4],
      runAt: f[at + 5],
      maxAttempts: f[at + 6],
      timeoutMs: f[at + 7],
      tags: f[at + 8],
    }) as NewJob,
};

const claimedColumns: Columns<ClaimedJob> = {
  width: 15,
  write(flat, job) {
    flat.push(job.seq, job.lane, job.id, job.name, job.queue, job.args, job.bytes, job.attempt);
    flat.push(job.maxAttempts, job.fence, job.timeoutMs, job.runAt, job.suspect, job.ahead);
    flat.push(job.tags);
  },
  read: (f, at) =>
    ({
      seq: f[at],
      lane: f[at + 1],
      id: f[at + 2],
      name: f[at + 3],
      queue: f[at + 4],
      args: f[at + 5],
      bytes: f[at + 6],
      attempt: f[at + 7],
      maxAttempts: f[at + 8],
      fence: f[at + 9],
      timeoutMs: f[at + 10],
      runAt: f[at + 11],
      suspect: f[at + 12],
      ahead: f[at + 13],
      tags: f[at + 14],
    }) as ClaimedJob,
};

const settlementColumns: Columns<Settlement> = {
  width: 10,
  write(flat, one) {
    // The usual outcome, completed without a result, is told by its absence.
    const usual = one.outcome.type === "completed" && one.outcome.result === undefined;
    flat.push(one.seq, one.lane, one.bytes, one.id, one.attempt, one.fence, one.startedAt);
    flat.push(one.finishedAt, usual ? undefined : one.outcome, one.lingers);
  },
  read: (f, at) =>
    ({
      seq: f[at],
      lane: f[at + 1],
      bytes: f[at + 2],
      id: f[at + 3],
      attempt: f[at + 4],
      fence: f[at + 5],
      startedAt: f[at + 6],
      finishedAt: f[at + 7],
      outcome: f[at + 8] ?? completed,
      lingers: f[at + 9],
    }) as Settlement,
};

const completed = Object.freeze({ type: "completed", result: undefined });

interface Columns<T> {
  width: number;
  write(flat: unknown[], item: T): void;
  read(flat: readonly unknown[], at: number): T;
}

function flatten<T>(items: readonly T[], columns: Columns<T>): unknown[] {
  const flat: unknown[] = [];
  for (const item of items) columns.write(flat, item);
  return flat;
}

function unflatten<T>(flat: readonly unknown[], columns: Columns<T>): T[] {
  const items: T[] = [];
  for (let at = 0; at < flat.length; at += columns.width) items.push(columns.read(flat, at));
  return items;
}
