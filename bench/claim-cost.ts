import { hostname } from "node:os";
import { join } from "node:path";
import { systemClock } from "../lib/base/clock.ts";
import { openForWriting } from "../lib/store/sqlite/open.ts";
import { openSqlite } from "../lib/store/sqlite/store.ts";
import type { JobStore } from "../lib/store/store.ts";
import { median } from "./figures.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";

interface Input {
  waiting: number;
  batches: number;
}

export const claimCost: Benchmark<Input> = {
  name: "claim-cost",
  question: "does a claim cost more when more jobs wait?",
  sides: { claims },
  async run(bench) {
    const batches = bench.size(50, 50, 3);
    const [few, more, most] = [
      { waiting: bench.size(10_000, 10_000, 500), batches },
      { waiting: bench.size(100_000, 100_000, 1_000), batches },
      { waiting: bench.size(2_000_000, 300_000, 2_000), batches },
    ];
    const [small, middle, large] = await bench.interleave([
      ["claims", few],
      ["claims", more],
      ["claims", most],
    ]);
    const row = ({ waiting }: Input, figures: Figures[]) =>
      compare(bench.scale, {
        name: "claim cost",
        settings: { durability: "wal", waiting, batch, cache: "warm" },
        unit: "µs/job",
        against: `the same with ${few.waiting} waiting`,
        value: column(figures, "usPerJob"),
        limit: column(small, "usPerJob"),
        most: 1.3,
      });
    return [row(more, middle), row(most, large)];
  },
};

const batch = 100;
const warmUp = 10;
const lane = 1;

/** Through the store in this thread, without fsync: a disk's mood would hide what is asked. */
async function claims({ waiting, batches }: Input, folder: string): Promise<Figures> {
  const file = join(folder, "claims.db");
  await open(file).then((store) => store.close());
  build(file, waiting);
  const store = await open(file);
  const worker = await joined(store);
  const claim = async () => {
    const demands = [{ names: ["noop"], slots: batch, ahead: [], suspect: true }];
    const now = systemClock.now();
    const [answer] = await store.apply([{ type: "claim", worker, demands, now }]);
    if (answer === undefined || !("jobs" in answer)) throw new Error("a claim was not answered");
    return answer.jobs.length;
  };
  const samples: number[] = [];
  for (let round = -Math.min(warmUp, batches); round < batches; round++) {
    const started = systemClock.monotonic();
    const claimed = await claim();
    if (round >= 0) samples.push(((systemClock.monotonic() - started) * 1_000) / claimed);
  }
  await store.close();
  return { usPerJob: median(samples) };
}

function open(file: string): Promise<JobStore> {
  return openSqlite({ file, durability: "wal", namespace: "default", place: "inline" });
}

async function joined(store: JobStore): Promise<number> {
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
    jobs: [],
  };
  const [answer] = await store.apply([{ type: "join", worker, definitions: [], now }]);
  if (answer === undefined || !("worker" in answer)) throw new Error("a join was not answered");
  return answer.worker;
}

/** Millions of rows in seconds: one statement, no fsync, beside the store. */
function build(file: string, waiting: number): void {
  const now = systemClock.now();
  const { db } = openForWriting(file, "memory", now);
  db.exec("BEGIN IMMEDIATE");
  db.prepare(insertMany).run({ waiting, now, lane });
  db.prepare("INSERT INTO queues (namespace, name) VALUES (1, 'noop')").run();
  db.prepare(insertLane).run(lane, waiting);
  db.prepare("INSERT INTO counters (name, value) VALUES ('seq', ?)").run(waiting);
  db.exec("COMMIT");
  db.close();
}

const insertLane =
  "INSERT INTO lanes (key, namespace, queue, name, available) VALUES (?, 1, 'noop', 'noop', ?)";
const insertMany = `
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $waiting)
INSERT INTO jobs
  (seq, namespace, id, lane, state, priority, run_at, max_attempts, created_at, args)
SELECT n, 1, printf('%026d', n), $lane, 'available', 0, $now, 4, $now,
  printf('{"to":"a@b.c","n":%d}', n)
FROM numbers`;
