import { hostname } from "node:os";
import { join } from "node:path";
import { systemClock } from "../lib/base/clock.ts";
import type { DeclaredQueue } from "../lib/job/queue.ts";
import type { StoredDefinition } from "../lib/job/registry.ts";
import { openForWriting } from "../lib/store/sqlite/open.ts";
import { openSqlite } from "../lib/store/sqlite/store.ts";
import type { JobStore } from "../lib/store/store.ts";
import { median } from "./figures.ts";
import type { Figures } from "./harness.ts";

/** Waiting jobs of one name in one queue. */
export interface Waiting {
  name: string;
  queue: string;
  count: number;
}

export interface Claims {
  /** In groups, one after the other; the jobs of a group arrived in turn, one of each. */
  waiting: readonly (readonly Waiting[])[];
  /** What is asked for. */
  names: readonly string[];
  definitions?: readonly StoredDefinition[];
  queues?: readonly DeclaredQueue[];
  /** Jobs in a claim. */
  batch: number;
  batches: number;
}

const warmUp = 10;

/** Through the store in this thread, without fsync: a disk's mood would hide what is asked. */
export async function claimFigures(claims: Claims, folder: string): Promise<Figures> {
  const file = join(folder, "claims.db");
  await open(file).then((store) => store.close());
  build(file, claims.waiting);
  const store = await open(file);
  const worker = await joined(store, claims);
  const claim = async () => {
    const demands = [{ names: claims.names, slots: claims.batch, ahead: [], suspect: true }];
    const now = systemClock.now();
    const [answer] = await store.apply([{ type: "claim", worker, demands, now }]);
    if (answer === undefined || !("jobs" in answer)) throw new Error("a claim was not answered");
    return answer.jobs.length;
  };
  const samples: number[] = [];
  for (let round = -Math.min(warmUp, claims.batches); round < claims.batches; round++) {
    const started = systemClock.monotonic();
    const claimed = await claim();
    if (claimed < claims.batch) throw new Error(`a claim gave ${claimed} of ${claims.batch}`);
    if (round >= 0) samples.push(((systemClock.monotonic() - started) * 1_000) / claimed);
  }
  await store.close();
  return { usPerJob: median(samples), perSecond: 1_000_000 / median(samples) };
}

function open(file: string): Promise<JobStore> {
  return openSqlite({ file, durability: "wal", namespace: "default", place: "inline" });
}

async function joined(
  store: JobStore,
  { names, batch, definitions = [], queues = [] }: Claims,
): Promise<number> {
  const now = systemClock.now();
  const worker = {
    id: "bench",
    host: hostname(),
    pid: process.pid,
    version: "0",
    concurrency: batch,
    threads: 0,
    startedAt: now,
    leaseUntil: now + 60_000,
    jobs: names,
    declared: undefined,
  };
  const [answer] = await store.apply([{ type: "join", worker, definitions, queues, now }]);
  if (answer === undefined || !("worker" in answer)) throw new Error("a join was not answered");
  return answer.worker;
}

/** Millions of rows in seconds: a statement a lane, no fsync, beside the store. */
function build(file: string, waiting: Claims["waiting"]): void {
  const now = systemClock.now();
  const { db } = openForWriting(file, "memory", now);
  db.exec("BEGIN IMMEDIATE");
  let from = 0;
  let lanes = 0;
  for (const group of waiting) {
    const first = lanes + 1;
    for (const { name, queue, count } of group) {
      db.prepare(insertQueue).run(queue);
      db.prepare(insertLane).run(++lanes, queue, name, count);
    }
    const count = group.reduce((sum, one) => sum + one.count, 0);
    db.prepare(insertMany).run({ from, count, now, first, lanes: group.length });
    from += count;
  }
  db.prepare("INSERT INTO counters (name, value) VALUES ('seq', ?)").run(from);
  db.exec("COMMIT");
  db.close();
}

const insertQueue = "INSERT INTO queues (namespace, name) VALUES (1, ?) ON CONFLICT DO NOTHING";
const insertLane =
  "INSERT INTO lanes (key, namespace, queue, name, available) VALUES (?, 1, ?, ?, ?)";
const insertMany = `
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $count)
INSERT INTO jobs
  (seq, namespace, id, lane, state, priority, run_at, max_attempts, created_at, args)
SELECT $from + n, 1, printf('%026d', $from + n), $first + n % $lanes, 'available', 0, $now, 4, $now,
  printf('{"to":"a@b.c","n":%d}', n)
FROM numbers`;
